"""One stream from its first word to its last: windows are answered as soon as they are heard.

The next piece is only read once the windows of the last one are answered. So a client that sends faster than the
model hears is slowed down by its own connection, and what waits in the service never grows.
"""

import asyncio
import logging
import time
import uuid
from functools import partial
from typing import Any

import anyio.to_thread
import numpy as np
from pydantic import ValidationError
from pydantic_core import from_json
from starlette.websockets import WebSocket, WebSocketDisconnect

from silencio.audio import Unreadable
from silencio.audio.flow import Ready
from silencio.serving.answers import DECIMALS, identification
from silencio.serving.engine.heard import Heard, Prepared
from silencio.serving.findings import Findings
from silencio.serving.keeping import Answered, keep
from silencio.serving.live.messages import Opening
from silencio.serving.live.sound import Sound
from silencio.serving.problems import Problem
from silencio.serving.service import Service

log = logging.getLogger(__name__)

NOT_TAKEN, NOT_ALLOWED, TOO_LONG, BROKEN, RESTARTING, BUSY = 1003, 1008, 1009, 1011, 1012, 1013
LIKELIEST = 5
"""Species of a window's probabilities, unless `top_k` says otherwise."""


class Closing(Exception):
    """Ends a stream: a sentence for who sends, and a code for their program."""

    def __init__(self, code: int, problem: str) -> None:
        super().__init__(problem)
        self.code = code


class Listening:
    def __init__(self, service: Service, socket: WebSocket) -> None:
        self._service, self._socket = service, socket
        self._request = uuid.uuid4().hex
        self._served = service.engine.served
        self._parts: list[Heard] = []

    async def run(self) -> None:
        try:
            await self._listen()
        except WebSocketDisconnect:
            log.info("%s: who sent it is gone", self._request)
        except Closing as closing:
            await self._close(closing.code, str(closing))
        except Problem as problem:
            await self._close(BUSY if problem.status in (429, 503, 504) else NOT_ALLOWED, str(problem))
        except Unreadable as error:
            await self._close(NOT_TAKEN, str(error))
        except Exception:
            log.error("%s broke", self._request, exc_info=True)
            await self._close(BROKEN, "The service is at fault, not the sound. Its log says why.")

    async def _listen(self) -> None:
        opening = _opening(await self._next())
        wish = opening.wish([s.code for s in self._served.bundle.species])
        self._wish = wish
        settings, is_kept = self._service.settings, self._service.feedback is not None and opening.keep
        self._sound = Sound(opening, self._served.features, settings.max_seconds, is_kept)
        try:
            while not self._sound.is_full and not _is_end(said := await self._next()):
                assert isinstance(said, bytes)
                await self._answer(await anyio.to_thread.run_sync(self._sound.feed, said))
        except (WebSocketDisconnect, Closing):
            await self._finish()  # what was heard so far is kept: a phone that lost its line may still tell
            raise
        await self._say({"summary": await self._finish(tell=True), "request": self._request})
        if self._sound.is_full:
            raise Closing(TOO_LONG, f"A stream is {settings.max_seconds:g} s long at most. Open another.")
        await self._socket.close()

    async def _next(self) -> bytes | dict[str, Any]:
        """Bytes of sound, or what a message of text says."""
        idle = self._service.settings.idle_seconds
        try:
            async with asyncio.timeout(idle):
                message = await self._socket.receive()
        except TimeoutError as error:
            raise Closing(NOT_ALLOWED, f"Nothing came for {idle:g} s. Open another stream.") from error
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1006))
        if (content := message.get("bytes")) is not None:
            return bytes(content)
        try:
            said = from_json(message["text"])
        except ValueError as error:
            raise Closing(NOT_TAKEN, f"A message of text is no JSON: {error}.") from error
        if not isinstance(said, dict):
            raise Closing(NOT_TAKEN, "A message of text is a JSON object.")
        return said

    async def _answer(self, ready: Ready) -> None:
        for window in await self._hear(ready):
            await self._say(window)

    async def _hear(self, ready: Ready) -> list[dict[str, Any]]:
        """What is to be said of windows that are complete."""
        if not len(ready.starts):
            return []
        heard = await self._patiently(Prepared(self._sound.seconds, ready.starts, ready.features))
        if heard.served.bundle.front_end != self._served.bundle.front_end:
            raise Closing(RESTARTING, "Another model came, which hears otherwise. Open another stream.")
        first = sum(len(part.starts) for part in self._parts)
        self._parts.append(heard)
        return _windows(first, self._request, Findings.of(self._request, heard, self._wish))

    async def _patiently(self, prepared: Prepared) -> Heard:
        """A full queue is waited for: nothing is read meanwhile, so that nothing more comes."""
        until = time.monotonic() + self._service.settings.deadline_seconds
        while True:
            try:
                return await self._service.engine.hear(prepared, deadline=until)
            except Problem as problem:
                again = float((problem.headers or {}).get("retry-after", 1))
                if problem.status != 429 or time.monotonic() + again > until:
                    raise
                await asyncio.sleep(again)

    async def _finish(self, tell: bool = False) -> dict[str, Any] | None:
        """Hear the rest, keep all, and say what it was."""
        ready, recording = await anyio.to_thread.run_sync(self._sound.end)
        for window in await self._hear(ready) if self._sound.seconds else []:
            if tell:
                await self._say(window)
        if not self._parts:
            return None
        heard = Heard(
            self._parts[-1].served,
            self._sound.seconds,
            np.concatenate([part.starts for part in self._parts]),
            np.concatenate([part.probabilities for part in self._parts]),
        )
        answer = identification(self._request, Findings.of(self._request, heard, self._wish))
        over = tuple((s.code, s.confidence) for s in answer.species)
        if self._service.feedback is not None:
            answered = Answered(self._request, recording, ".flac", heard, over, self._wish)
            await anyio.to_thread.run_sync(partial(keep, self._service.feedback, answered))
        self._service.metrics.heard(heard, answer)
        return answer.model_dump(mode="json", exclude={"windows", "request"})

    async def _say(self, message: dict[str, Any]) -> None:
        idle = self._service.settings.idle_seconds
        try:
            async with asyncio.timeout(idle):
                await self._socket.send_json(message)
        except TimeoutError as error:
            raise WebSocketDisconnect(1006, f"answers were not read for {idle:g} s") from error

    async def _close(self, code: int, problem: str) -> None:
        try:
            await self._say({"error": problem, "code": code})
            await self._socket.close(code)
        except (WebSocketDisconnect, RuntimeError):
            log.info("%s: who sent it is gone, and is not told: %s", self._request, problem)


def _opening(said: bytes | dict[str, Any]) -> Opening:
    if isinstance(said, bytes):
        raise Closing(NOT_TAKEN, "The first message is JSON: format, sample_rate, channels. See /docs.")
    try:
        return Opening.model_validate(said)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise Closing(NOT_ALLOWED, f"{wrong}. See /docs for what opens a stream.") from error


def _is_end(said: bytes | dict[str, Any]) -> bool:
    if isinstance(said, bytes):
        return False
    if said == {"end": True}:
        return True
    raise Closing(NOT_TAKEN, 'After the first, a message of text is {"end": true}.')


def _windows(first: int, request: str, found: Findings) -> list[dict[str, Any]]:
    """A message each; `first` is how many there were before."""
    rows = zip(found.heard.starts.tolist(), found.ends.tolist(), strict=True)
    return [
        {
            "window": first + row,
            "start": start,
            "end": end,
            "species": _over(found, row),
            "probabilities": _likeliest(found, row),
            "request": request,
        }
        for row, (start, end) in enumerate(rows)
    ]


def _over(found: Findings, row: int) -> list[dict[str, Any]]:
    surest = np.argsort(-found.probabilities[row], kind="stable")
    over = [int(column) for column in surest if found.over[row, column]][: found.wish.top_k]
    return [
        {
            "code": found.species[column].code,
            "common_name": found.species[column].common_name,
            "confidence": _rounded(found, row, column),
        }
        for column in over
    ]


def _likeliest(found: Findings, row: int) -> dict[str, float]:
    surest = np.argsort(-found.probabilities[row], kind="stable")[: found.wish.top_k or LIKELIEST]
    return {found.species[column].code: _rounded(found, row, column) for column in surest}


def _rounded(found: Findings, row: int, column: int) -> float:
    return round(float(found.probabilities[row, column]), DECIMALS)
