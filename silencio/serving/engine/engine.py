"""The engine: asked by routes, it prepares a recording and has the model say what is in it.

engine = Engine(bundle, settings)
heard = await engine.hear(recording)
"""

import asyncio
import os
import time

from silencio.audio import Limits, Unreadable, windows_of
from silencio.serving.engine.asked import Asked
from silencio.serving.engine.heard import Heard, Prepared, Priority, Served
from silencio.serving.engine.lines import Lines
from silencio.serving.engine.stopwatch import Stopwatch
from silencio.serving.engine.watching import Nobody, Watching
from silencio.serving.engine.workers import Workers
from silencio.serving.speech import Ear
from silencio.settings import Serving


class Engine:
    def __init__(
        self, served: Served, settings: Serving, watching: Watching | None = None, ear: bool = False
    ) -> None:
        """With an `ear`, what tells whether people speak in a recording comes with what was heard."""
        self._ear = ear
        self._settings = settings
        self._watching = watching or Nobody()
        self._limits = Limits(
            max_bytes=settings.max_bytes,
            max_seconds=settings.max_seconds,
            max_decoded_bytes=settings.max_decoded_bytes,
        )
        threads = settings.preparing or os.cpu_count() or 1
        lines = Lines(settings.batching, most_long=max(1, threads - 1))
        self._workers = Workers(lines, threads, self._prepare, self._watching)
        self._bytes = 0
        self._under_way = 0
        self.adopt(served)

    @property
    def served(self) -> Served:
        """The version that answers who asks now."""
        return self._served

    @property
    def under_way(self) -> int:
        """Requests that are not answered yet."""
        return self._under_way

    def adopt(self, served: Served) -> None:
        """From the next request on this version answers; those under way are finished by theirs."""
        self._served = served
        self._watching.serves(served)

    async def hear(
        self,
        recording: bytes | Prepared,
        priority: Priority = Priority.LIVE,
        deadline: float | None = None,
    ) -> Heard:
        """`deadline` is a time of `time.monotonic`; past it nobody waits for the answer any more.

        Raises a Problem if too much waits already, or the deadline passes. Who is cancelled gives up its place.
        """
        until = deadline if deadline is not None else time.monotonic() + self._settings.deadline_seconds
        asked = self._asked(recording, priority, until)
        if self._bytes + asked.bytes > max(self._settings.waiting_bytes, asked.bytes):
            raise self._workers.full()
        self._bytes += asked.bytes
        self._under_way += 1
        try:
            self._workers.add(asked)
            async with asyncio.timeout(max(0.0, until - time.monotonic())):
                return await asked.answer
        except TimeoutError as error:
            raise self._workers.late() from error
        finally:
            self._bytes -= asked.bytes
            self._under_way -= 1
            if not asked.answer.done() or asked.answer.cancelled():
                self._workers.give_up(asked)

    def _asked(self, recording: bytes | Prepared, priority: Priority, until: float) -> Asked:
        if isinstance(recording, bytes):
            return Asked(self._served, recording, priority, until)
        served, shape = recording.served or self._served, recording.features.shape
        if shape[1:] != served.bundle.front_end.shape or not 0 < shape[0] == len(recording.starts):
            raise Unreadable(
                f"The pictures are {list(shape)}, of {len(recording.starts)} windows.",
                f"The model takes windows of {list(served.bundle.front_end.shape)}.",
            )
        return Asked(served, b"", priority, until, recording)

    def _prepare(self, asked: Asked) -> None:
        begun = time.perf_counter()
        watch = Stopwatch(asked.served.features)
        ear = self._listening(asked.served.bundle.front_end.sample_rate) if self._ear else None
        windowed = windows_of(asked.recording, watch, self._limits, ear)
        asked.prepared = Prepared(windowed.seconds, windowed.starts, windowed.features, ear=ear)
        asked.recording = b""
        asked.took["features"] = watch.seconds
        asked.took["decode"] = time.perf_counter() - begun - watch.seconds

    def _listening(self, rate: int) -> Ear:
        """Who asks alone is answered first, and heard for voices behind that."""
        return Ear(rate) if self._under_way == 1 else Ear(rate, later=0)
