"""The ROC curve over all pairs of window and species, in as many points as a page can draw.

Points lie at equally many of the pairs that do not call, so that the steep beginning is as fine as the rest.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from silencio.evaluation.truth import Scores

POINTS = 100


@dataclass(frozen=True)
class RocPoint:
    threshold: float
    """From 1 down to 0: always a number, for where scikit-learn begins with infinity, charts break."""
    false_positive_rate: float
    """Of the pairs in which the species does not call, the share that reaches the threshold."""
    recall: float
    """Of those in which it calls."""


def roc_curve(targets: NDArray[np.bool_], scores: Scores) -> tuple[RocPoint, ...]:
    """[windows, classes] twice -> from (0, 0) to (1, 1); empty where nothing calls, or everything does."""
    calling, silent = np.sort(scores[targets]), np.sort(scores[~targets])
    if not len(calling) or not len(silent):
        return ()
    inner = np.unique(np.quantile(silent, np.linspace(0, 1, POINTS), method="nearest"))
    points = [RocPoint(1.0, 0.0, 0.0)]
    points += [RocPoint(float(t), _reaching(silent, t), _reaching(calling, t)) for t in inner[::-1]]
    return (*points, RocPoint(0.0, 1.0, 1.0))


def _reaching(ascending: Scores, threshold: np.float32) -> float:
    """The share that is at the threshold or above."""
    return float(1 - np.searchsorted(ascending, threshold) / len(ascending))
