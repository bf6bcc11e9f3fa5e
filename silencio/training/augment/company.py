"""A second recording of the same species, laid over the first: they seldom call alone."""

import numpy as np
import torch
from torch import Tensor

from silencio.data.windows.store import Windows
from silencio.training.augment.decibels import mean_power, power_sum
from silencio.training.augment.draws import per_picture
from silencio.training.lesson import NONE, Rows


class Company:
    """Of each window, the windows of other recordings with the same first label."""

    def __init__(self, windows: Windows, rows: Rows) -> None:
        """Among `rows`."""
        labels, recordings = windows.index["labels"].list.first(), windows.index["recording"]
        known = rows[labels[rows].is_not_null().to_numpy()]
        species = np.unique(labels[known].to_numpy(), return_inverse=True)[1]
        recording = np.unique(recordings[known].to_numpy(), return_inverse=True)[1]
        # All of a species lie together, and within it those of a recording.
        order = np.lexsort((recording, species))
        self._pool, species, recording = known[order], species[order], recording[order]
        self._first = np.zeros(len(labels), np.int64)
        self._own = np.zeros_like(self._first)
        self._own_end = np.zeros_like(self._first)
        self._end = np.zeros_like(self._first)
        own = species * (recording.max(initial=0) + 1) + recording
        self._first[self._pool], self._end[self._pool] = _runs(species)
        self._own[self._pool], self._own_end[self._pool] = _runs(own)

    def others(self, rows: Rows) -> Rows:
        """How many windows each may be joined by, [rows]."""
        return (self._end - self._first - self._own_end + self._own)[rows]

    def draw(self, rows: Rows, generator: torch.Generator) -> Rows:
        """One for each of `rows`, which all have others."""
        drawn = torch.rand(len(rows), generator=generator, dtype=torch.float64).numpy()
        at = self._first[rows] + (drawn * self.others(rows)).astype(np.int64)
        skipped = np.where(at >= self._own[rows], (self._own_end - self._own)[rows], 0)
        return self._pool[at + skipped] if len(rows) else NONE


def join(decibels: Tensor, others: Tensor) -> Tensor:
    """Both [batch, bands, frames]: the others are as loud as the first, on average, and their powers add."""
    nearer = per_picture(mean_power(decibels) - mean_power(others))
    return power_sum(decibels, others + nearer)


def _runs(sorted_: Rows) -> tuple[Rows, Rows]:
    """Of each number, where the run of its equals begins and ends."""
    return np.searchsorted(sorted_, sorted_, "left"), np.searchsorted(sorted_, sorted_, "right")
