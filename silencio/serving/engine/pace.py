"""How fast the engine goes through windows, of late."""

import math
from collections import deque

SPAN_SECONDS = 5.0
UNKNOWN = 20.0
"""Windows a second before anything was done: what a small machine manages."""


class Pace:
    """Every `now` is a time of `time.monotonic`."""

    def __init__(self) -> None:
        self._done: deque[tuple[float, int]] = deque()

    def begin(self, now: float) -> None:
        """There is something to do again: the rest before it is not counted."""
        self._done.clear()
        self._done.append((now, 0))

    def did(self, windows: int, now: float) -> None:
        self._done.append((now, windows))
        while now - self._done[0][0] > SPAN_SECONDS:
            self._done.popleft()

    def windows_per_second(self) -> float:
        if len(self._done) < 2:
            return UNKNOWN
        # The first of them was done as the span began.
        span = self._done[-1][0] - self._done[0][0]
        done = sum(windows for _, windows in self._done) - self._done[0][1]
        return done / span if span > 0 else UNKNOWN

    def seconds(self, windows: int) -> int:
        """How long so many take, in whole seconds; at least one."""
        return max(1, math.ceil(windows / self.windows_per_second()))
