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
from starlette.websockets import WebSocketDisconnect

from silencio.audio import Unreadable
from silencio.audio.flow import Ready
from silencio.serving.answers import identification
from silencio.serving.engine.heard import Heard, Prepared, Served
from silencio.serving.findings import Findings
from silencio.serving.keeping.keeper import Answered, keep
from silencio.serving.live.line import (
    BROKEN,
    BUSY,
    NOT_ALLOWED,
    NOT_TAKEN,
    TOO_LONG,
    Closing,
    Line,
)
from silencio.serving.live.messages import opening, sound_or_end, windows
from silencio.serving.live.sound import Sound
from silencio.serving.problems import Problem
from silencio.serving.service import Service
from silencio.serving.wish import Wish

log = logging.getLogger(__name__)

COME_AGAIN = frozenset({429, 503, 504})


async def listen(service: Service, line: Line) -> None:
    """Whatever ends a stream early is said to who sends, with what to do."""
    try:
        await _whole(service, line)
    except WebSocketDisconnect:
        log.info("who sent a stream is gone")
    except Closing as closing:
        await line.refuse(closing.code, str(closing))
    except Problem as problem:
        await line.refuse(BUSY if problem.status in COME_AGAIN else NOT_ALLOWED, str(problem))
    except Unreadable as error:
        await line.refuse(NOT_TAKEN, str(error))
    except Exception:
        log.error("a stream broke", exc_info=True)
        await line.refuse(BROKEN, "The service is at fault, not the sound. Its log says why.")


async def _whole(service: Service, line: Line) -> None:
    said, served = opening(await line.next()), service.engine.served
    wish = said.wish([s.code for s in served.bundle.species])
    longest, is_kept = service.settings.max_seconds, service.feedback is not None and wish.may_keep
    stream = _Stream(service, served, Sound(said, served.features, longest, is_kept), wish)
    try:
        while not stream.sound.is_full and (content := sound_or_end(await line.next())) is not None:
            for window in await stream.hear(await anyio.to_thread.run_sync(stream.sound.feed, content)):
                await line.say(window)
    except (WebSocketDisconnect, Closing):
        await stream.end()  # what was heard is kept: a phone that lost its line may still correct it
        raise
    last, summary = await stream.end()
    for message in [*last, {"summary": summary, "request": stream.request}]:
        await line.say(message)
    if stream.sound.is_full:
        raise Closing(TOO_LONG, f"A stream is {longest:g} s long at most. Open another.")
    await line.end()


class _Stream:
    """What was heard so far."""

    def __init__(self, service: Service, served: Served, sound: Sound, wish: Wish) -> None:
        self.request, self.sound = uuid.uuid4().hex, sound
        self._service, self._served, self._wish = service, served, wish
        self._parts: list[Heard] = []

    async def hear(self, ready: Ready) -> list[dict[str, Any]]:
        """What is to be said of windows that are complete."""
        if not len(ready.starts):
            return []
        prepared = Prepared(self.sound.seconds, ready.starts, ready.features, self._served)
        heard = await self._patiently(prepared)
        first = sum(len(part.starts) for part in self._parts)
        self._parts.append(heard)
        return windows(first, self.request, Findings.of(self.request, heard, self._wish))

    async def end(self) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        """Hear the rest, keep all; what is to be said of the last windows, and of all. None: nothing came."""
        ready, recording = await anyio.to_thread.run_sync(self.sound.end)
        last = await self.hear(ready)
        if not self._parts:
            return last, None
        heard = Heard(
            self._parts[-1].served,
            self.sound.seconds,
            np.concatenate([part.starts for part in self._parts]),
            np.concatenate([part.probabilities for part in self._parts]),
            ear=self.sound.ear,
        )
        answer = identification(self.request, Findings.of(self.request, heard, self._wish))
        if self._service.feedback is not None:
            over = tuple((s.code, s.confidence) for s in answer.species)
            answered = Answered(self.request, recording, ".flac", heard, over, self._wish)
            await anyio.to_thread.run_sync(partial(keep, self._service.feedback, answered))
        self._service.metrics.heard(heard, answer)
        return last, answer.model_dump(mode="json", exclude={"windows", "request"})

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
