"""How often the likeliest species is the right one, recording by recording."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from silencio.evaluation.answers import Tally
from silencio.evaluation.truth import Scores, Truth

Counts = NDArray[np.int64]
"""[classes, classes]: how often a species, by row, was taken for a species, by column."""

OTHERS = "others"


@dataclass(frozen=True)
class Confusion:
    """`Counts`, as a report keeps them."""

    labels: tuple[str, ...]
    """Of rows and columns, in the order of the classes."""
    counts: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, truth: Truth, scores: Scores) -> Self | None:
        """None where nothing was asked."""
        counts = confusion(truth, scores)
        return cls.from_counts(truth.labels, counts) if counts.any() else None

    @classmethod
    def from_counts(cls, labels: tuple[str, ...], counts: Counts) -> Self:
        return cls(labels, tuple(map(tuple, counts.tolist())))

    def of_most_asked(self, most: int) -> Self:
        """The species that were asked most often, and all others as one: 206 are more than a page can show."""
        if len(self.labels) <= most:
            return self
        counts = self.table()
        kept = np.sort(np.argsort(-counts.sum(axis=1), kind="stable")[: most - 1])
        group = np.full(len(self.labels), most - 1)
        group[kept] = np.arange(most - 1)
        together = np.zeros((most, most), np.int64)
        np.add.at(together, (group[:, None], group[None, :]), counts)
        return type(self).from_counts((*(self.labels[k] for k in kept), OTHERS), together)

    def table(self) -> Counts:
        return np.array(self.counts, np.int64).reshape(len(self.labels), len(self.labels))


def confusion(truth: Truth, scores: Scores) -> Counts:
    """[windows, classes] to [classes, classes].

    Asked are the windows in which one species alone is named: all of a recording together, by the mean of their
    probabilities. Where several species call, no answer would be the right one.
    """
    alone = np.flatnonzero(truth.targets.sum(axis=1) == 1)
    species = truth.targets[alone].argmax(axis=1)
    recordings = truth.facts["recording"].to_numpy()[alone].astype(str)
    _, numbers = np.unique(recordings, return_inverse=True)
    # A recording that is labelled in time may have one species alone now, and another one then.
    asked, which = np.unique(numbers * len(truth.labels) + species, return_inverse=True)
    total = np.zeros((len(asked), len(truth.labels)))
    np.add.at(total, which, scores[alone])
    counts = np.zeros((len(truth.labels), len(truth.labels)), np.int64)
    np.add.at(counts, (asked % len(truth.labels), total.argmax(axis=1)), 1)
    return counts


def by_recording(targets: NDArray[np.bool_], scores: Scores, groups: NDArray[np.intp], number: int) -> Tally:
    """Which of the `number` recordings' likeliest species, by the mean over its windows, is named in any of them.

    targets, scores: [windows, classes]; groups: [windows]. Primary and secondary labels are right alike. Not asked is
    a recording in which nothing calls; each has windows.
    """
    order = np.argsort(groups, kind="stable")
    first = np.searchsorted(groups[order], np.arange(number))
    total = np.add.reduceat(scores[order], first, axis=0, dtype=np.float64)
    named = np.logical_or.reduceat(targets[order], first, axis=0)
    right = named[np.arange(number), total.argmax(axis=1)]
    asked = np.asarray(named.any(axis=1))
    return Tally((right & asked).astype(np.float64), asked.astype(np.float64))


def accuracy(truth: Truth, scores: Scores) -> float:
    """scores: [windows, classes] -> the share of recordings that are right; NaN if none was asked."""
    names, groups = np.unique(truth.facts["recording"].to_numpy().astype(str), return_inverse=True)
    tally = by_recording(truth.targets, scores, groups, len(names))
    return float(tally.resampled(np.ones((1, len(names)), np.float32))[0])
