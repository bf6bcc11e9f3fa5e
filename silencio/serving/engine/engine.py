"""The engine: asked by routes, it prepares a recording and has the model say what is in it.

engine = Engine(bundle, settings)
heard = await engine.hear(recording)
"""

import os
import time
from functools import partial

import anyio.to_thread
import numpy as np

from silencio.audio import Features, Limits, Unreadable, windows_of
from silencio.optimize.bundle import Bundle
from silencio.serving.engine.heard import Heard, Prepared, Priority, Served
from silencio.serving.engine.watching import Nobody, Watching
from silencio.settings import Serving


def open_served(bundle: Bundle, threads: int, version: str | None = None) -> Served:
    """Loaded and warm: the first run allocates, and nobody's request should wait for that."""
    served = Served(bundle, Features(bundle.front_end), bundle.model(threads), version)
    served.model.probabilities(np.zeros((1, *bundle.front_end.shape), np.float32))
    return served


class Engine:
    def __init__(self, bundle: Bundle, settings: Serving, watching: Watching | None = None) -> None:
        self._served = open_served(bundle, settings.threads)
        self._watching = watching or Nobody()
        self._limits = Limits(
            max_bytes=settings.max_bytes,
            max_seconds=settings.max_seconds,
            max_decoded_bytes=settings.max_decoded_bytes,
        )
        self._workers = anyio.CapacityLimiter(settings.preparing or os.cpu_count() or 1)
        self._watching.serves(self._served)

    @property
    def served(self) -> Served:
        """The version that answers who asks now."""
        return self._served

    async def hear(
        self,
        recording: bytes | Prepared,
        priority: Priority = Priority.LIVE,
        deadline: float | None = None,
    ) -> Heard:
        """`deadline` is a time of `time.monotonic`; past it nobody waits for the answer any more."""
        hearing = partial(self._hear, self._served, recording)
        return await anyio.to_thread.run_sync(hearing, limiter=self._workers)

    def _hear(self, served: Served, recording: bytes | Prepared) -> Heard:
        begun = time.perf_counter()
        if isinstance(recording, Prepared):
            prepared = recording
        else:
            windowed = windows_of(recording, served.features, self._limits)
            prepared = Prepared(windowed.seconds, windowed.starts, windowed.features, windowed.samples)
        ready = time.perf_counter()
        probabilities = served.model.probabilities(prepared.features)
        inferred = time.perf_counter()
        if not np.isfinite(probabilities).all():
            raise Unreadable(
                "The recording's samples are too large to compute with.", "Export it as 16-bit WAV."
            )
        took = {"decode": ready - begun, "inference": inferred - ready}
        return Heard(served, prepared.seconds, prepared.starts, probabilities, took, prepared.samples)
