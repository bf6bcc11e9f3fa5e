"""What one contestant says to everything that it is asked, and what it therefore reports."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from silencio.evaluation.curves import Means
from silencio.evaluation.truth import Scores

Reports = NDArray[np.bool_]
"""[windows, classes]"""


@dataclass(frozen=True)
class SaidOfTrials:
    scores: Scores
    """[trials, classes]"""
    means: Means


@dataclass(frozen=True)
class Said:
    scores: Scores
    """On the test part, [windows, classes]"""
    limits: NDArray[np.float64]
    """The threshold of each species, [classes]"""
    tried: SaidOfTrials | None
    """None: no trials."""

    @property
    def reports(self) -> Reports:
        return self.scores >= self.limits

    @property
    def reports_tried(self) -> Reports:
        """[trials, classes]"""
        if self.tried is None:
            return np.zeros((0, len(self.limits)), np.bool_)
        return self.tried.scores >= self.limits
