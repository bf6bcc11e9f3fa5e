"""From probability to yes or no: a threshold a species, at the false-positive rate that guides bear."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor, nan

import numpy as np

from silencio.errors import WrongUse
from silencio.evaluation.truth import Scores, Truth

DEFAULT = 0.5
"""For a species that nothing is known about: it is absent from no window, or there are no windows."""


@dataclass(frozen=True)
class Threshold:
    """The probability from which on a species counts as heard."""

    label: str
    value: float
    low: float = nan
    high: float = nan
    """The interval, over resampled recordings; NaN where there is none."""
    own: float = nan
    """What its own windows say, before it was drawn towards those of its class."""
    calls: int = 0
    """Windows in which it calls, where it was set."""


def by_label(thresholds: Iterable[Threshold]) -> dict[str, float]:
    return {threshold.label: threshold.value for threshold in thresholds}


def choose_thresholds(truth: Truth, scores: Scores, false_positive_rate: float) -> tuple[Threshold, ...]:
    """scores: [windows, classes] of windows that nothing else is decided on -> the threshold of each label.

    The smallest float32 for which "score >= threshold" is wrong in at most this share of the windows in which
    the species is absent. It lies above 1 where too many of those reach 1: such a species is never reported.
    """
    if scores.shape != truth.targets.shape:
        raise WrongUse(
            f"The scores are {scores.shape}, the truth is {truth.targets.shape} [windows, classes].",
            "Score the windows of this very truth, with its labels as columns.",
        )
    values = [
        _threshold(scores[~truth.targets[:, k], k], false_positive_rate) for k in range(len(truth.labels))
    ]
    return tuple(
        Threshold(label, value, own=value, calls=int(truth.targets[:, k].sum()))
        for k, (label, value) in enumerate(zip(truth.labels, values, strict=True))
    )


def _threshold(absent: Scores, rate: float) -> float:
    """absent: [windows without the species]."""
    if not len(absent):
        return DEFAULT
    # 0.07 * 100 is 7.000000000000001, and 0.29 * 100 is 28.999999999999996: the share means 29 of 100.
    allowed = floor(rate * len(absent) + 1e-9)
    if allowed >= len(absent):
        return 0.0
    highest_refused = np.sort(absent)[::-1][allowed]
    return float(np.nextafter(np.float32(highest_refused), np.float32(np.inf)))
