"""Ranking metrics by class, for the windows as they are and for any number of resamplings of them at once.

Resampling whole recordings gives every recording a count. A class's figures depend on those counts only
through the weighted number of windows at or above each of its positives' scores, which is one matrix product
for all resamplings together: nothing is sorted twice.
"""

from collections.abc import Mapping
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from silencio.settings.judging import Metric

METRICS: tuple[Metric, ...] = get_args(Metric)
LOWER_IS_BETTER: frozenset[Metric] = frozenset({"calibration_error"})
Ranking = Literal["map", "padded_map", "roc_auc"]
"""By class: macro mAP; the same after five windows are added in which every species calls and is given 1, so that
none is left out (BirdCLEF 2023); macro ROC-AUC over the species that call (BirdCLEF 2024 and 2025)."""
RANKINGS: frozenset[Ranking] = frozenset(get_args(Ranking))
PADDING = 5
HIGHEST = 1.0
"""Of probabilities."""

Floats = NDArray[np.float64]


def average_precision(targets: NDArray[np.bool_], scores: ArrayLike) -> Floats:
    """[windows, classes] twice -> [classes]; NaN for a class with no positive. Equal to scikit-learn's."""
    return _as_they_are(targets, scores)["map"]


def padded_average_precision(targets: NDArray[np.bool_], scores: ArrayLike) -> Floats:
    """[windows, classes] twice, no score above 1 -> [classes], each with a figure."""
    return _as_they_are(targets, scores)["padded_map"]


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
) -> Mapping[Ranking, Floats]:
    """Every metric by class, [resamples, classes], when group g is taken counts[r, g] times in resampling r.

    targets, scores: [windows, classes]; groups: [windows], the group of each, from 0;
    counts: [resamples, groups], whole numbers.
    """
    by_class = np.asarray(scores).T
    figures: dict[Ranking, Floats] = {m: np.empty((len(counts), targets.shape[1])) for m in get_args(Ranking)}
    drawn = np.ascontiguousarray(counts.T)
    windows: Floats = drawn.astype(np.float64).T @ np.bincount(groups, minlength=len(drawn)).astype(
        np.float64
    )
    for column, score in enumerate(by_class):
        one = _one_class(targets[:, column], np.ascontiguousarray(score), groups, drawn, windows)
        for by_metric, values in zip(figures.values(), one, strict=True):
            by_metric[:, column] = values
    return figures


def _as_they_are(targets: NDArray[np.bool_], scores: ArrayLike) -> Mapping[Ranking, Floats]:
    together = np.zeros(len(targets), dtype=np.intp)
    figures = resampled(targets, scores, together, np.ones((1, 1), dtype=np.float32))
    return {metric: values[0] for metric, values in figures.items()}


def _one_class(
    positive: NDArray[np.bool_],
    score: NDArray[np.floating],
    groups: NDArray[np.intp],
    drawn: NDArray[np.float32],
    windows: Floats,
) -> tuple[Floats, Floats, Floats]:
    """The rankings in their order, [resamples] each.

    positive, score, groups: [windows]; drawn: [groups, resamples]; windows: how many are drawn, [resamples].
    """
    own, other = score[positive], score[~positive]
    ranked = np.argsort(own)
    # The padding stands at the highest level of all, whether or not a call was given as much.
    levels = np.unique(np.append(own, score.dtype.type(HIGHEST)))
    found = _from_the_top(drawn[groups[positive][ranked]])
    none = np.zeros((1, len(windows)))
    # From here on [levels, resamples], from the lowest level.
    hits = np.concatenate([found, none])[np.searchsorted(own[ranked], levels)]
    reaches, exceeds = (np.searchsorted(levels, other, side) for side in ("right", "left"))
    reached = _at_or_above(groups[~positive], reaches, len(levels), drawn)
    tied = (reaches > exceeds).any()
    above = _at_or_above(groups[~positive], exceeds, len(levels), drawn) if tied else reached

    gained = hits - np.concatenate([hits[1:], none])
    positives, negatives = hits[0], windows - hits[0]
    # Where a resampling drew nothing from the top down to a level, no precision is asked for either.
    precision = _ratio(hits, hits + reached, otherwise=0.0)
    padded = (hits + PADDING) / (hits + PADDING + reached)
    below = negatives - (reached + above) / 2
    return (
        _ratio(_summed(gained, precision), positives),
        (_summed(gained, padded) + PADDING * padded[-1]) / (positives + PADDING),
        _ratio(_summed(gained, below), positives * negatives),
    )


def _at_or_above(
    groups: NDArray[np.intp], reaches: NDArray[np.intp], levels: int, drawn: NDArray[np.float32]
) -> Floats:
    """groups: [windows]; reaches: how many levels each window reaches -> windows drawn, [levels, resamples]."""
    counted = reaches > 0
    where = (reaches[counted] - 1) * len(drawn) + groups[counted]
    table = np.bincount(where, minlength=levels * len(drawn)).reshape(levels, len(drawn))
    # Whole numbers up to 2^24 are exact in float32, in whatever order the product adds them up.
    return _from_the_top(table.astype(np.float32) @ drawn)


def _from_the_top(values: NDArray[Any]) -> Floats:
    """[places, ...] -> the sum from each place upwards."""
    return np.cumsum(values[::-1], axis=0, dtype=np.float64)[::-1]


def _summed(part: Floats, other: Floats) -> Floats:
    """[levels, resamples] twice -> the sum of their products, [resamples]."""
    summed: Floats = np.einsum("lr,lr->r", part, other)
    return summed


def _ratio(part: Floats, whole: NDArray[Any], otherwise: float = np.nan) -> Floats:
    """`otherwise` where the whole is nothing."""
    ratio: Floats = np.full(part.shape, otherwise)
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio
