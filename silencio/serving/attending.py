"""Who is being answered: counted, turned away once the service is to stop, and let go when they hang up."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from silencio.serving.draining import Draining
from silencio.serving.problems import problem_response

WATCHERS = frozenset({"/healthz", "/readyz", "/metrics", "/gateway/healthz"})
"""Asked by machines on a clock: they keep no server alive, and are answered until it is gone."""
STOPPING = "The service is about to stop. Send it again: another one answers, or this one once it is back."
GOING_AWAY = 1001


class Attending:
    def __init__(self, app: ASGIApp, draining: Draining) -> None:
        self.draining = draining
        self.under_way = 0
        self._app = app
        self._last = time.monotonic()
        self._sockets: set[_Socket] = set()

    def idle_for(self) -> float:
        """Seconds since somebody was answered."""
        return 0.0 if self.under_way or self._sockets else time.monotonic() - self._last

    async def close_sockets(self) -> None:
        """Whoever streams is told to go elsewhere."""
        for open_one in list(self._sockets):
            await open_one.go_away()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or scope["path"] in WATCHERS:
            await self._app(scope, receive, send)
        elif self.draining.begun:
            self.draining.turned_away()
            await self._turn_away(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._stream(scope, receive, send)
        else:
            self.under_way += 1
            try:
                await self._answer(scope, receive, send)
            finally:
                self.under_way -= 1
                self._last = time.monotonic()

    async def _turn_away(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": GOING_AWAY, "reason": STOPPING})
            return
        refusal = problem_response(503, STOPPING, {"connection": "close", "retry-after": "1"})
        await refusal(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = _Request(receive)
        async with request.given_up_when_hung_up():
            await self._app(scope, request.receive, send)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        stream = _Socket(receive, send)
        self._sockets.add(stream)
        try:
            await self._app(scope, stream.receive, stream.send)
        finally:
            self._sockets.discard(stream)
            self._last = time.monotonic()


class _Request:
    """Work on an answer ends when nobody is there any more to hear it."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._whole = asyncio.Event()
        self._hung_up = asyncio.Event()

    async def receive(self) -> Message:
        if self._whole.is_set():  # then `_wait` listens
            await self._hung_up.wait()
            return {"type": "http.disconnect"}
        message = await self._receive()
        if message["type"] == "http.request" and not message.get("more_body", False):
            self._whole.set()
        return message

    @asynccontextmanager
    async def given_up_when_hung_up(self) -> AsyncIterator[None]:
        working = asyncio.current_task()
        assert working is not None
        waiting = asyncio.create_task(self._wait(working))
        try:
            yield
        except asyncio.CancelledError:
            if not self._hung_up.is_set():
                raise
            working.uncancel()
        finally:
            waiting.cancel()

    async def _wait(self, working: "asyncio.Task[object]") -> None:
        await self._whole.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._hung_up.set()
        working.cancel()


class _Socket:
    """A stream that can be ended from outside: its app sees a client that has left."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._gone = asyncio.Event()

    async def go_away(self) -> None:
        if not self._gone.is_set():
            self._gone.set()
            with suppress(RuntimeError):  # the client was faster
                await self._send({"type": "websocket.close", "code": GOING_AWAY, "reason": STOPPING})

    async def receive(self) -> Message:
        coming = asyncio.ensure_future(self._receive())
        gone = asyncio.create_task(self._gone.wait())
        try:
            await asyncio.wait([coming, gone], return_when=asyncio.FIRST_COMPLETED)
            if coming.done():
                return coming.result()
            return {"type": "websocket.disconnect", "code": GOING_AWAY, "reason": STOPPING}
        finally:
            coming.cancel()
            gone.cancel()

    async def send(self, message: Message) -> None:
        if not self._gone.is_set():
            await self._send(message)
