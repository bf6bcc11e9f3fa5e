"""Whether a probability means what it says: of the windows whose likeliest species is given 0.7, in 7 of 10 it calls.

The likeliest species alone is asked, in every window, also where nothing calls. Over all pairs of window and species
the many that are near 0, and rightly so, would hide every other, the more so the more species there are.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from silencio.evaluation.metrics import Floats
from silencio.evaluation.truth import Scores

BINS = 15
"""Equally wide."""


@dataclass(frozen=True)
class Bin:
    """Windows whose likeliest species has a probability above `low` and up to `high`; the first takes 0 as well."""

    low: float
    high: float
    windows: int
    confidence: float
    """Their mean probability."""
    right: float
    """The share of them in which that species calls."""


def reliability(targets: NDArray[np.bool_], scores: Scores) -> tuple[Bin, ...]:
    """[windows, classes] twice -> the bins that windows fall into, from the lowest."""
    places, confidence, right = _asked(targets, scores)
    windows, said, called = (np.bincount(places, weights, BINS) for weights in (None, confidence, right))
    return tuple(
        Bin(
            low=float(k / BINS),
            high=float((k + 1) / BINS),
            windows=int(windows[k]),
            confidence=float(said[k] / windows[k]),
            right=float(called[k] / windows[k]),
        )
        for k in np.flatnonzero(windows)
    )


def calibration_error(
    targets: NDArray[np.bool_], scores: Scores, groups: NDArray[np.intp], counts: NDArray[np.float32]
) -> Floats:
    """The expected calibration error: between confidence and share, the mean distance of the bins over all windows.

    targets, scores: [windows, classes]; groups: [windows]; counts: [resamples, groups] -> [resamples]; NaN without
    windows.
    """
    places, confidence, right = _asked(targets, scores)
    number = counts.shape[1]
    gaps = np.bincount(groups * BINS + places, confidence - right, number * BINS).reshape(number, BINS)
    distance = np.abs(np.einsum("rg,gb->rb", counts, gaps)).sum(axis=1)
    windows = np.einsum("rg,g->r", counts, np.bincount(groups, minlength=number).astype(np.float64))
    error: Floats = np.full(len(counts), np.nan)
    np.divide(distance, windows, out=error, where=windows > 0)
    return error


def _asked(
    targets: NDArray[np.bool_], scores: Scores
) -> tuple[NDArray[np.intp], Floats, NDArray[np.float64]]:
    """Each window's bin, how likely its likeliest species is, and 1 where that one calls; [windows] each."""
    likeliest = scores.argmax(axis=1) if scores.size else np.zeros(len(scores), np.intp)
    windows = np.arange(len(scores))
    confidence = scores[windows, likeliest].astype(np.float64)
    places = np.clip(np.ceil(confidence * BINS).astype(np.intp) - 1, 0, BINS - 1)
    return places, confidence, targets[windows, likeliest].astype(np.float64)
