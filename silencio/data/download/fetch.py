"""One attempt to bring one file."""

import ipaddress
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from silencio.data.download.part import Origin, Part, validator
from silencio.data.download.patience import asked_wait

REDIRECTS = 5
PASSING = {408, 425, 429, 500, 502, 503, 504}
"""Statuses that may be others soon."""
RANGE = re.compile(r"bytes (\d{1,18})-\d+/(\d{1,18})")
NO_ADDRESS = (httpx.InvalidURL, UnicodeError)
"""UnicodeError: a host's name that is none in any script."""


class Never(Exception):
    """The file will not come, however often it is asked for; the text is the reason."""


class Later(Exception):
    """It may come if it is asked for again, after so many seconds if the server named them."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Unheard(Later):
    """There was no answer at all."""


def host_of(url: str) -> str:
    """The host and port of an address that may be fetched."""
    try:
        address = httpx.URL(url)
        fit = address.scheme in ("http", "https") and address.host
    except NO_ADDRESS as error:
        raise Never("what should be its address is none") from error
    if not fit:
        raise Never("its address is neither http nor https")
    return address.netloc.decode()


async def fetch(client: httpx.AsyncClient, part: Part, max_bytes: int) -> None:
    """Bring what is missing of the part, or the whole file if it may be another one than the part is of."""
    headers = {"Accept-Encoding": "identity"}  # a length and a range are of the file as it is
    origin = part.origin
    if origin and origin.validator and part.size:
        headers |= {"Range": f"bytes={part.size}-", "If-Range": origin.validator}
    try:
        async with _answer(client, part.url, headers) as answer:
            await _take(answer, part, max_bytes)
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise Unheard(f"no connection ({str(error) or 'it took too long'})") from error
    except httpx.ReadTimeout as error:
        raise Unheard("the server fell silent") from error
    except NO_ADDRESS as error:
        raise Never("it is redirected to what is no address") from error
    except httpx.TransportError as error:
        raise Later("the answer broke off, or was none by the rules of HTTP") from error


async def _take(answer: httpx.Response, part: Part, max_bytes: int) -> None:
    size: int | None
    if answer.status_code == 206:
        size, stream = _rest(answer, part), part.go_on()
    elif answer.status_code == 200:
        size = _length(answer)
        if size is not None and size > max_bytes:
            raise Never(f"it is longer than {max_bytes} bytes")
        stream = part.begin(Origin(part.url, validator(answer.headers), size))
    else:
        raise _refusal(answer, part)
    with stream:
        async for block in answer.aiter_raw():
            stream.write(block)
            if stream.tell() > max_bytes:
                part.forget()
                raise Never(f"it is longer than {max_bytes} bytes")
    if size is not None and part.size != size:
        raise Later("it ended too early")


def _rest(answer: httpx.Response, part: Part) -> int:
    """The size of the whole file, whose rest the answer holds: of the same file, from the byte asked for on."""
    said, origin = RANGE.fullmatch(answer.headers.get("content-range", "")), part.origin
    if said and origin and origin.validator == validator(answer.headers):
        start, size = int(said[1]), int(said[2])
        if start == part.size and size == (origin.size or size):
            return size
    part.forget()
    raise Later("the server sent another part than was asked for")


def _length(answer: httpx.Response) -> int | None:
    said = answer.headers.get("content-length", "")
    return int(said) if said.isdecimal() else None


def _refusal(answer: httpx.Response, part: Part) -> Never | Later:
    reason = f"the server answered {answer.status_code} {answer.reason_phrase}".rstrip()
    if answer.status_code == 416:  # the file is shorter than what we have of it
        part.forget()
        return Later(reason)
    return Later(reason, asked_wait(answer.headers)) if answer.status_code in PASSING else Never(reason)


@asynccontextmanager
async def _answer(
    client: httpx.AsyncClient, url: str, headers: dict[str, str]
) -> AsyncIterator[httpx.Response]:
    """The answer at the end of the redirects, each of which leads neither out of encryption nor further inside."""
    address, entered_inside = httpx.URL(url), None
    for _ in range(REDIRECTS + 1):
        answer = await client.send(client.build_request("GET", address, headers=headers), stream=True)
        try:
            inside = _is_inside(answer)
            entered_inside = inside if entered_inside is None else entered_inside
            if inside and not entered_inside:
                raise Never("it is redirected into a private network")
            if not answer.has_redirect_location:
                yield answer
                return
            target = address.join(answer.headers["location"])
            if target.scheme not in ("https", address.scheme):
                raise Never(f"it is redirected from {address.scheme} to {target.scheme}")
            address = target
        finally:
            await answer.aclose()
    raise Never(f"it is redirected more than {REDIRECTS} times")


def _is_inside(answer: httpx.Response) -> bool:
    """Whether what answered lies in a network that not everybody reaches: asked of the connection, not of a name."""
    peer = answer.extensions["network_stream"].get_extra_info("server_addr")
    if peer is None:
        raise Later("it hung up")
    return not ipaddress.ip_address(peer[0].partition("%")[0]).is_global
