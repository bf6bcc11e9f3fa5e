"""How often the likeliest species is the right one, recording by recording."""

import numpy as np
from numpy.typing import NDArray

from silencio.evaluation.truth import Scores, Truth

Confusion = NDArray[np.int64]
"""How often a species, by row, was taken for a species, by column."""


def confusion(truth: Truth, scores: Scores) -> Confusion:
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


def accuracy(counts: Confusion) -> float:
    """NaN if nothing was asked."""
    asked = counts.sum()
    return float(counts.trace() / asked) if asked else float("nan")
