"""How long features took, of all that preparing a recording takes."""

import time

import numpy as np
from numpy.typing import NDArray

from silencio.audio import Features, Scale


class Stopwatch(Features):
    """The features of another, with its tables; one a recording."""

    def __init__(self, timed: Features) -> None:
        self.front_end = timed.front_end
        self._timed = timed
        self.seconds = 0.0

    def scaled(
        self, windows: NDArray[np.float32], real: NDArray[np.int64] | None = None
    ) -> tuple[NDArray[np.float32], Scale | None]:
        begun = time.perf_counter()
        try:
            return self._timed.scaled(windows, real)
        finally:
            self.seconds += time.perf_counter() - begun
