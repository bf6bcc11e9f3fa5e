"""Where a redirect may lead: from hosts that stand for the world outside, which no test can reach."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from silencio.data.download.fetch import Never, fetch
from silencio.data.download.part import Part

WORLD = {
    "museum.example": "93.184.216.34",
    "cdn.example": "2606:2800:220:1:248:1893:25c8:1946",
    "intranet.example": "10.0.0.7",
    "metadata.example": "169.254.169.254",
    "this.example": "::1",
    "mapped.example": "::ffff:127.0.0.1",
}
"""At which address each host is found."""


class Peer:
    def __init__(self, host: str) -> None:
        self._host = host

    def get_extra_info(self, info: str) -> Any:
        return (WORLD[self._host], 443) if info == "server_addr" else None


class Croak(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"croak"


class World(httpx.AsyncBaseTransport):
    """`/to/<scheme>/<host>` redirects there, anything else is a file."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        extensions = {"network_stream": Peer(request.url.host)}
        match request.url.path.split("/"):
            case ["", "to", scheme, host]:
                return httpx.Response(
                    302, headers={"Location": f"{scheme}://{host}/frog"}, extensions=extensions
                )
        return httpx.Response(200, stream=Croak(), extensions=extensions)


def brought(url: str, folder: Path) -> bytes:
    async def bring() -> bytes:
        part = Part(folder / "part", url)
        async with httpx.AsyncClient(transport=World()) as client:
            await fetch(client, part, max_bytes=1000)
        return part.path.read_bytes()

    return asyncio.run(bring())


@pytest.mark.parametrize(
    "url",
    [
        "https://museum.example/to/https/cdn.example",
        "http://museum.example/to/https/cdn.example",
        "http://museum.example/to/http/cdn.example",
        "https://intranet.example/frog",
        "https://intranet.example/to/https/this.example",
        "https://intranet.example/to/https/museum.example",
    ],
)
def test_the_world_may_be_asked_and_a_mirror_of_ones_own(url: str, tmp_path: Path) -> None:
    assert brought(url, tmp_path) == b"croak"


@pytest.mark.parametrize("inside", ["intranet", "metadata", "this", "mapped"])
def test_nobody_outside_sends_us_inside(inside: str, tmp_path: Path) -> None:
    with pytest.raises(Never, match="it is redirected into a private network"):
        brought(f"https://museum.example/to/https/{inside}.example", tmp_path)

    assert not (tmp_path / "part").exists()


def test_nobody_leads_us_out_of_encryption(tmp_path: Path) -> None:
    with pytest.raises(Never, match="it is redirected from https to http"):
        brought("https://museum.example/to/http/cdn.example", tmp_path)
