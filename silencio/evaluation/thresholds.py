"""From probability to yes or no: a threshold a species, at the false-positive rate that guides bear."""

from math import floor

import numpy as np

from silencio.errors import WrongUse
from silencio.evaluation.truth import Scores, Truth

DEFAULT = 0.5
"""For a species that nothing is known about: it is absent from no window, or there are no windows."""


def choose_thresholds(truth: Truth, scores: Scores, false_positive_rate: float) -> dict[str, float]:
    """scores: [windows, classes] of validation windows -> the threshold of each label.

    The smallest float32 for which "score >= threshold" is wrong in at most this share of the windows in which
    the species is absent. It lies above 1 where too many of those reach 1: such a species is never reported.
    """
    if scores.shape != truth.targets.shape:
        raise WrongUse(
            f"The scores are {scores.shape}, the truth is {truth.targets.shape} [windows, classes].",
            "Score the windows of this very truth, with its labels as columns.",
        )
    return {
        label: _threshold(scores[~truth.targets[:, k], k], false_positive_rate)
        for k, label in enumerate(truth.labels)
    }


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
