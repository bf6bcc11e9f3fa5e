"""Whom to ask about a recording: an engine in this process, or a service."""

import asyncio
import time
from collections.abc import Sequence
from typing import Protocol, Self

import httpx
import numpy as np

from silencio.audio import Unreadable
from silencio.errors import SilencioError
from silencio.serving.bulk.tables import Windows
from silencio.serving.engine.engine import Engine
from silencio.serving.engine.heard import Priority

FOREVER = 10 * 365 * 24 * 3600.0
COME_AGAIN = frozenset({429, 503, 504})
TRIES = 10
TIMEOUT_SECONDS = 300.0
"""Ten minutes of sound on a busy machine."""


class Asking(Protocol):
    @property
    def digest(self) -> str:
        """Of the bundle that answers."""

    @property
    def codes(self) -> Sequence[str]:
        """Of the species, in the order of the classes."""

    async def ask(self, recording: bytes) -> Windows:
        """Raises `Unreadable` if it is none that can be read."""


class Here:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        bundle = engine.served.bundle
        self.digest: str = bundle.digest
        self.codes: Sequence[str] = [s.code for s in bundle.species]
        self._length = bundle.front_end.window_seconds

    async def ask(self, recording: bytes) -> Windows:
        heard = await self._engine.hear(recording, Priority.BULK, time.monotonic() + FOREVER)
        return Windows(heard.starts, heard.starts + self._length, heard.probabilities)


class There:
    """A service; when it has too much to do, what it says to wait is waited."""

    def __init__(self, http: httpx.AsyncClient, digest: str, codes: Sequence[str], length: float) -> None:
        self._http, self._length = http, length
        self.digest, self.codes = digest, codes

    @classmethod
    async def at(cls, http: httpx.AsyncClient) -> Self:
        try:
            model = (await http.get("/v1/model")).raise_for_status().json()
            species = (await http.get("/v1/species")).raise_for_status().json()
            codes = [s["code"] for s in species]
            return cls(http, model["digest"], codes, model["window_seconds"])
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise SilencioError(
                f"{http.base_url} does not answer as a service does: {error}.", "Name one that runs."
            ) from error

    async def ask(self, recording: bytes) -> Windows:
        response = await self._patiently(recording)
        if response.status_code in (413, 415, 422):
            raise Unreadable(response.json()["detail"], "Mend it, or leave it out.")
        if response.status_code != 200:
            raise SilencioError(
                f"{self._http.base_url} answers {response.status_code}: {response.text[:300]}",
                "Begin again once it is well; what is done stays done.",
            )
        answer = response.json()
        if answer["model"]["digest"] != self.digest:
            raise SilencioError(
                f"{self._http.base_url} serves {answer['model']['digest'][:12]} now, and the results so far are of "
                f"{self.digest[:12]}.",
                "Begin a new file of results.",
            )
        windows = answer["windows"]
        starts = np.array([w["start"] for w in windows])
        probabilities = [[w["probabilities"][code] for code in self.codes] for w in windows]
        return Windows(starts, starts + self._length, np.array(probabilities, np.float32))

    async def _patiently(self, recording: bytes) -> httpx.Response:
        for tries_left in reversed(range(TRIES)):
            try:
                response = await self._http.post(
                    "/v1/identify", content=recording, params={"priority": "bulk"}
                )
            except httpx.TransportError as error:
                if not tries_left:
                    raise SilencioError(
                        f"{self._http.base_url} does not answer: {error!r}.",
                        "Begin again once it does; what is done stays done.",
                    ) from error
                await asyncio.sleep(1.0)
                continue
            if response.status_code not in COME_AGAIN or not tries_left:
                return response
            await asyncio.sleep(float(response.headers.get("retry-after", "1")))
        raise AssertionError("the last try returns or raises")


def client(server: str, at_once: int, key: str | None = None) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=server,
        headers={"authorization": f"Bearer {key}"} if key else {},
        timeout=TIMEOUT_SECONDS,
        limits=httpx.Limits(max_connections=at_once),
        trust_env=False,
    )
