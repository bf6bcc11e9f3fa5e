"""One request on its way through the engine."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from silencio.audio import Unreadable
from silencio.serving.engine.heard import Heard, Prepared, Priority, Served

LONG_BYTES = 2 << 20
"""Ten minutes as a phone sends them, or ten seconds of WAV at studio rates."""


@dataclass(eq=False)
class Asked:
    """Its windows may go through the model in several batches, and in several of them at once."""

    served: Served
    recording: bytes
    """Empty once it is prepared, and where pictures were brought."""
    priority: Priority
    until: float
    """Of `time.monotonic`; past it nobody waits for the answer."""
    prepared: Prepared | None = None
    given_up: bool = False
    """Nobody waits any more: what of it stands in a line is not to be done."""
    taken: int = 0
    """Windows that batches took."""
    waits_since: float = 0.0
    """Of `time.monotonic`: since when its windows stand in the queue."""
    took: dict[str, float] = field(default_factory=dict)
    """Seconds by stage."""

    def __post_init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[Heard] = self._loop.create_future()
        self.bytes = len(self.recording)
        self._said: list[tuple[int, NDArray[np.float32]]] = []
        self._answered = 0

    @property
    def is_long(self) -> bool:
        """Before it is decoded, its bytes are all that is known of its length."""
        return self.bytes > LONG_BYTES

    @property
    def windows(self) -> int:
        """Counts as one as long as nobody knows."""
        return 1 if self.prepared is None else len(self.prepared.starts)

    @property
    def waiting(self) -> int:
        """Windows that no batch took yet."""
        return self.windows - self.taken

    def take(self, count: int) -> NDArray[np.float32]:
        """Its next windows, for a batch that begins now, [count, *shape]."""
        assert self.prepared is not None
        if not self.taken:
            self.took["queue"] = time.monotonic() - self.waits_since
        self.taken += count
        return self.prepared.features[self.taken - count : self.taken]

    def hear(self, begin: int, probabilities: NDArray[np.float32], seconds: float) -> bool:
        """What the model said of windows from `begin` on, [windows, classes]; whether those were the last that
        lacked."""
        self._said.append((begin, probabilities))
        self._answered += len(probabilities)
        self.took["inference"] = self.took.get("inference", 0.0) + seconds
        return self._answered == self.windows

    def finish(self) -> None:
        """From any thread."""
        assert self.prepared is not None
        said = [probabilities for _, probabilities in sorted(self._said, key=lambda part: part[0])]
        probabilities = said[0] if len(said) == 1 else np.concatenate(said)
        if not np.isfinite(probabilities).all():
            self.fail(
                Unreadable(
                    "The recording's samples are too large to compute with.", "Export it as 16-bit WAV."
                )
            )
            return
        heard = Heard(
            self.served,
            self.prepared.seconds,
            self.prepared.starts,
            probabilities,
            self.took,
            self.prepared.ear,
        )
        self._settle(lambda: self.answer.set_result(heard))

    def fail(self, error: Exception) -> None:
        """From any thread."""
        self._settle(lambda: self.answer.set_exception(error))

    def _settle(self, say: Callable[[], None]) -> None:
        def unless_nobody_waits() -> None:
            if not self.answer.done():
                say()

        # A loop that has ended took with it whoever waited.
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(unless_nobody_waits)
