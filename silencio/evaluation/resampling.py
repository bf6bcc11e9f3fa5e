"""Sums over windows, as they are and for every resampling of the recordings that they come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from silencio.evaluation.bootstrap import Estimate, draw, estimate
from silencio.evaluation.metrics import Floats


@dataclass(frozen=True)
class Resampling:
    groups: NDArray[np.intp]
    """[windows]: which recording each comes from."""
    counts: NDArray[np.float32]
    """[1 + resamples, recordings]: how often each is taken; in the first row, once."""

    @classmethod
    def of(cls, recordings: Sequence[str], resamples: int, seed: int) -> Self:
        """One recording a window."""
        names, groups = np.unique(np.asarray(recordings, np.str_), return_inverse=True)
        as_they_are = np.ones((1, len(names)), np.float32)
        return cls(groups, np.vstack([as_they_are, draw(len(names), resamples, seed)]))

    def sums(self, values: ArrayLike) -> Floats:
        """[windows, …] to their sums, [1 + resamples, …]."""
        each = np.asarray(values, np.float64)
        by_recording = np.zeros((self.counts.shape[1], *each.shape[1:]))
        np.add.at(by_recording, self.groups, each)
        return np.tensordot(self.counts.astype(np.float64), by_recording, 1)


def figure_of(values: Floats) -> Estimate:
    """[1 + resamples], the figure itself and its replicates, to the figure with its interval."""
    return estimate(float(values[0]) if len(values) else nan, values[1:])


def ratio(part: Floats, whole: Floats) -> Floats:
    """NaN where the whole is nothing."""
    quotient: Floats = np.full(np.broadcast_shapes(part.shape, whole.shape), np.nan)
    np.divide(part, whole, out=quotient, where=whole > 0)
    return quotient
