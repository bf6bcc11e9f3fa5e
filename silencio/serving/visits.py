"""One request, from its first byte to its last: what is known of it is told, once it is over, to whoever attends.

The log writes a line of it, metrics count it, traces send it on. Nothing in it says who asked: no address, no
key, only the name that a key was given.
"""

import re
import time
import uuid
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import anyio.to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from silencio.logs import request_id
from silencio.serving.answers import Identification
from silencio.serving.engine.heard import Heard
from silencio.serving.problems import ID_HEADER

WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""Of an id that a caller made: whatever else could forge a line of the log."""
BROKEN = 500
SWITCHED = 101
HUNG_UP = 499
"""The caller left before there was an answer."""


@dataclass(frozen=True)
class Span:
    """A stage of a request, between two times of `time.time_ns`."""

    stage: str
    begun: int
    ended: int


@dataclass
class Visit:
    id: str
    """As the caller named it in `X-Request-Id`, or made here."""
    method: str
    traceparent: str | None
    """Of whose trace it is a part, as W3C writes it."""
    begun: int
    """By `time.time_ns`"""
    route: str = "none"
    """The route's pattern, never the path: a scanner's paths must not each become a series."""
    status: int | None = None
    """None: nothing was answered yet."""
    seconds: float = 0.0
    bytes: int = 0
    """Received."""
    who: str | None = None
    """The name of the key that was shown."""
    request: str | None = None
    """What the answer says to name in /v1/feedback."""
    digest: str | None = None
    """Of the bundle that answered."""
    windows: int = 0
    species: dict[str, float] = field(default_factory=dict)
    """Over their thresholds, and how sure: code to probability."""
    spans: list[Span] = field(default_factory=list)

    def note(self, heard: Heard, answer: Identification) -> None:
        """What was heard in it; a stream hears more than once."""
        self.request, self.digest = answer.request, answer.model.digest
        self.windows += len(heard.starts)
        for species in answer.species:
            self.species[species.code] = max(species.confidence, self.species.get(species.code, 0.0))
        # An engine says how long each stage took: they follow one another, and the last has just ended.
        ended = time.time_ns()
        for stage, seconds in reversed(heard.took.items()):
            self.spans.append(Span(stage, ended - round(seconds * 1e9), ended))
            ended = self.spans[-1].begun


_visit: ContextVar[Visit | None] = ContextVar("visit", default=None)


def this_visit() -> Visit | None:
    """The request that this code runs for, if it runs for one."""
    return _visit.get()


class Attends(Protocol):
    """Whoever is told of requests; never to wait."""

    def begins(self, visit: Visit) -> None: ...

    def ends(self, visit: Visit) -> None: ...

    def closes(self) -> None:
        """The service stops: nothing comes any more. This one may take a moment."""


class Attend:
    """Gives every request its id, and sees it through."""

    def __init__(self, app: ASGIApp, attending: Sequence[Attends]) -> None:
        self._app = app
        self._attending = attending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, partial(self._until_the_end, send))
            return
        visit = _visit_of(scope)
        # Each request runs in a task of its own: nothing has to be put back, and the answer to a broken one,
        # which is given outside of this, still knows its id.
        _visit.set(visit)
        request_id.set(visit.id)
        begun = time.perf_counter()
        for one in self._attending:
            one.begins(visit)
        try:
            await self._app(scope, _counting(visit, receive), _noting(visit, scope, send))
        except Exception:
            visit.status = BROKEN
            raise
        finally:
            visit.seconds = time.perf_counter() - begun
            visit.route = getattr(scope.get("route"), "path", "none")
            for one in self._attending:
                one.ends(visit)

    async def _until_the_end(self, send: Send, message: Message) -> None:
        if message["type"] == "lifespan.shutdown.complete":
            # Before it is said: the process may end with that word.
            for one in self._attending:
                await anyio.to_thread.run_sync(one.closes)
        await send(message)


def _visit_of(scope: Scope) -> Visit:
    headers = Headers(scope=scope)
    said = headers.get(ID_HEADER, "")
    identifier = said if WELL_FORMED.fullmatch(said) else uuid.uuid4().hex
    method = scope.get("method", "WS")
    return Visit(identifier, method, headers.get("traceparent"), time.time_ns())


def _counting(visit: Visit, receive: Receive) -> Receive:
    async def counted() -> Message:
        message = await receive()
        visit.bytes += len(message.get("body") or message.get("bytes") or b"")
        if message["type"] == "http.disconnect" and visit.status is None:
            visit.status = HUNG_UP
        return message

    return counted


def _noting(visit: Visit, scope: Scope, send: Send) -> Send:
    async def noted(message: Message) -> None:
        if message["type"] == "http.response.start":
            visit.status = message["status"]
            MutableHeaders(scope=message)[ID_HEADER] = visit.id
        elif message["type"] == "websocket.accept":
            visit.status = SWITCHED
            MutableHeaders(scope=message)[ID_HEADER] = visit.id
        await send(message)

    return noted
