"""Sound that comes piece by piece, from a file or a phone, into the windows that models see.

Each window is computed once its last sample is there, so that an hour takes no more room than a window; and what
a phone sends bit by bit becomes the very windows of the same recording sent whole.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from silencio.audio.features import Features, Scale
from silencio.settings import FrontEnd

Hears = Callable[[NDArray[np.float32]], None]
"""Is given samples, [samples]."""
CRUMB_SECONDS = 0.1
"""A remainder no longer than this is an encoder's padding, no window of its own."""


@dataclass(frozen=True)
class Ready:
    """Windows that are complete, in their order; there may be none."""

    starts: NDArray[np.float64]
    """Seconds into the recording, [windows]"""
    features: NDArray[np.float32]
    """[windows, *shape of the front end]"""
    scale: Scale | None
    """What turns the features back into decibels; coefficients have none."""


class Flow:
    """Of one recording, in mono at `rate` Hz. `feed` it all pieces, then `end` it."""

    def __init__(self, features: Features, rate: int, hears: Hears | None = None) -> None:
        """`hears` is given all samples, piece by piece, at the front end's rate."""
        self._hears = hears
        front_end = features.front_end
        self._features, self._to = features, front_end.sample_rate
        self._resample = soxr.ResampleStream(rate, self._to, 1, "float32", "HQ") if rate != self._to else None
        self._plan = Plan.of(front_end)
        self._waiting: list[NDArray[np.float32]] = []
        self._first, self._count, self._done = 0, 0, 0

    @property
    def seconds(self) -> float:
        """What came so far; the recording's length once it ended."""
        return self._count / self._to

    def feed(self, samples: NDArray[np.float32]) -> Ready:
        """[samples]: what comes next."""
        self._take(self._resample.resample_chunk(samples) if self._resample else samples)
        return self._compute(self._plan.complete(self._count))

    def end(self) -> Ready:
        """The windows that were still waiting for more, padded with silence; none if nothing ever came."""
        if self._resample:
            self._take(self._resample.resample_chunk(np.empty(0, np.float32), last=True))
        return self._compute(self._plan.windows(self._count) if self._count else 0)

    def _take(self, samples: NDArray[np.float32]) -> None:
        if self._hears:
            self._hears(samples)
        self._waiting.append(samples)
        self._count += len(samples)

    def _compute(self, until: int) -> Ready:
        """The windows that are not done, up to the one of that number."""
        length, hop = self._plan.length, self._plan.hop
        begins = np.arange(self._done, until) * hop
        windows = np.zeros((len(begins), length), np.float32)
        if len(begins):
            held = np.concatenate(self._waiting)
            for window, begin in zip(windows, begins - self._first, strict=True):
                piece = held[begin : begin + length]
                window[: len(piece)] = piece
            self._done = until
            kept = min(until * hop - self._first, len(held))
            self._waiting, self._first = [held[kept:].copy()], self._first + kept
        computed, scale = self._features.scaled(windows, np.minimum(length, self._count - begins))
        return Ready(begins / self._to, computed, scale)


@dataclass(frozen=True)
class Plan:
    """Where windows lie; all in samples."""

    length: int
    hop: int
    crumb: int
    most: int | None
    """Windows of a recording; None: as many as it takes."""

    @classmethod
    def of(cls, front_end: FrontEnd) -> "Plan":
        crumb = round(CRUMB_SECONDS * front_end.sample_rate)
        most = 1 if front_end.cutting == "whole" else None
        return cls(front_end.window_samples, front_end.hop_samples, crumb, most)

    def windows(self, count: int) -> int:
        """How many a recording of so many samples has: at least one."""
        further = max(0, -(-(count - self.length - self.crumb) // self.hop))
        return 1 + further if self.most is None else min(1 + further, self.most)

    def complete(self, count: int) -> int:
        """How many of them it has for certain, and whole, while more may come."""
        return min(max(0, 1 + (count - self.length) // self.hop), self.windows(count))
