"""Ranking metrics by class, for the windows as they are and for any number of resamplings of them at once.

Resampling whole recordings gives every recording a count. A class's figures depend on those counts only
through the weighted number of windows at or above each of its positives' scores, which is one matrix product
for all resamplings together: nothing is sorted twice.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from silencio.settings.judging import Metric

METRICS: tuple[Metric, ...] = ("map", "roc_auc")

Floats = NDArray[np.float64]


def average_precision(targets: NDArray[np.bool_], scores: ArrayLike) -> Floats:
    """[windows, classes] twice -> [classes]; NaN for a class with no positive. Equal to scikit-learn's."""
    return _as_they_are(targets, scores)["map"]


def roc_auc(targets: NDArray[np.bool_], scores: ArrayLike) -> Floats:
    """[windows, classes] twice -> [classes]; NaN for a class with no positive or no negative."""
    return _as_they_are(targets, scores)["roc_auc"]


def macro(by_class: ArrayLike) -> Floats:
    """[..., classes] -> [...]: the mean over the classes with a figure, as BirdCLEF does; NaN if none has."""
    values = np.asarray(by_class, dtype=np.float64)
    known = np.isfinite(values)
    counts = known.sum(axis=-1)
    sums = np.where(known, values, 0.0).sum(axis=-1)
    return _ratio(sums, counts)


def mean_average_precision(targets: NDArray[np.bool_], scores: ArrayLike) -> float:
    """[windows, classes] twice -> macro mAP."""
    return float(macro(average_precision(targets, scores)))


def mean_roc_auc(targets: NDArray[np.bool_], scores: ArrayLike) -> float:
    """[windows, classes] twice -> macro ROC-AUC."""
    return float(macro(roc_auc(targets, scores)))


def resampled(
    targets: NDArray[np.bool_],
    scores: ArrayLike,
    groups: NDArray[np.intp],
    counts: NDArray[np.float32],
) -> Mapping[Metric, Floats]:
    """Every metric by class, [resamples, classes], when group g is taken counts[r, g] times in resampling r.

    targets, scores: [windows, classes]; groups: [windows], the group of each, from 0;
    counts: [resamples, groups], whole numbers.
    """
    values = np.asarray(scores)
    figures: dict[Metric, Floats] = {m: np.full((len(counts), targets.shape[1]), np.nan) for m in METRICS}
    for column in range(targets.shape[1]):
        if targets[:, column].any():
            one = _one_class(targets[:, column], values[:, column], groups, counts)
            figures["map"][:, column], figures["roc_auc"][:, column] = one
    return figures


def _as_they_are(targets: NDArray[np.bool_], scores: ArrayLike) -> Mapping[Metric, Floats]:
    together = np.zeros(len(targets), dtype=np.intp)
    figures = resampled(targets, scores, together, np.ones((1, 1), dtype=np.float32))
    return {metric: values[0] for metric, values in figures.items()}


def _one_class(
    positive: NDArray[np.bool_],
    score: NDArray[np.floating],
    groups: NDArray[np.intp],
    counts: NDArray[np.float32],
) -> tuple[Floats, Floats]:
    """positive, score, groups: [windows] -> average precision and ROC-AUC, [resamples] each."""
    levels, at_level = np.unique(score[positive], return_inverse=True)
    negative = score[~positive]
    # A negative falls on a level (odd place) or between two (even place): ties count half in ROC-AUC.
    place = np.searchsorted(levels, negative, "left") + np.searchsorted(levels, negative, "right")

    found = _weighted(counts, groups[positive], at_level, len(levels))
    hits = _from_the_top(found)
    alarms = _from_the_top(_weighted(counts, groups[~positive], place, 2 * len(levels) + 1))
    reached, above = alarms[:, 1::2], alarms[:, 2::2]
    positives, negatives = hits[:, 0], alarms[:, 0]

    # Where a resampling drew nothing from the top down to a level, no precision is asked for either.
    precision = _ratio(hits, hits + reached, otherwise=0.0)
    below = negatives[:, None] - (reached + above) / 2
    return (
        _ratio((found * precision).sum(axis=1), positives),
        _ratio((found * below).sum(axis=1), positives * negatives),
    )


def _weighted(
    counts: NDArray[np.float32], groups: NDArray[np.intp], place: NDArray[np.intp], places: int
) -> Floats:
    """groups, place: [windows], from 0 -> how many windows fall on each place, [resamples, places]."""
    table = np.bincount(groups * places + place, minlength=counts.shape[1] * places)
    # Whole numbers up to 2^24 are exact in float32, in whatever order the product adds them up.
    product = counts @ table.reshape(-1, places).astype(np.float32)
    return product.astype(np.float64)


def _from_the_top(values: Floats) -> Floats:
    """[resamples, places] -> the sum from each place upwards."""
    return np.cumsum(values[:, ::-1], axis=1)[:, ::-1]


def _ratio(part: Floats, whole: NDArray[Any], otherwise: float = np.nan) -> Floats:
    """`otherwise` where the whole is nothing."""
    ratio: Floats = np.full(part.shape, otherwise)
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio
