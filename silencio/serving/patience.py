"""How long a service listens to somebody who says little: an upload has to come on, and to end."""

import asyncio
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from silencio.serving.problems import TOO_LARGE, Problem

SLOWEST = 2_048
"""Bytes a second, on the average of an upload that takes longer than the patience; the poorest line has more."""
SMALL = 64 * 1024
"""Bytes of a body, but for the routes that count for themselves."""


class Patience:
    """An upload from which nothing comes for `seconds`, or hardly anything, ends in 408; too large a word in 413."""

    def __init__(self, app: ASGIApp, seconds: float, counted_elsewhere: frozenset[str]) -> None:
        self._app, self._seconds, self._counted_elsewhere = app, seconds, counted_elsewhere

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = None if scope["path"] in self._counted_elsewhere else SMALL
        await self._app(scope, _Body(receive, self._seconds, most), send)


class _Body:
    def __init__(self, receive: Receive, seconds: float, most: int | None) -> None:
        self._receive, self._seconds, self._most = receive, seconds, most
        self._begun, self._came, self._more = time.monotonic(), 0, True

    async def __call__(self) -> Message:
        if not self._more:  # whoever asks now waits for the caller to hang up, which may take long
            return await self._receive()
        try:
            async with asyncio.timeout(self._seconds):
                message = await self._receive()
        except TimeoutError as error:
            raise self._too_slow("nothing more came") from error
        self._came += len(message.get("body", b""))
        self._more = message["type"] == "http.request" and message.get("more_body", False)
        if self._most is not None and self._came > self._most:
            raise Problem(TOO_LARGE, f"The body is larger than {self._most} bytes.", "Send what /docs says.")
        took = time.monotonic() - self._begun
        if self._more and took > self._seconds and self._came < SLOWEST * took:
            raise self._too_slow(f"{self._came} bytes came in {took:.0f} s")
        return message

    def _too_slow(self, found: str) -> Problem:
        return Problem(
            408,
            f"The upload is not complete, and {found}.",
            f"Send at least {SLOWEST} bytes a second, or a smaller recording.",
        )
