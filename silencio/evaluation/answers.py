"""What a model answers once its probabilities meet thresholds, and how often it is right, window by window.

Such a figure is a mean over windows or recordings, so a resampling only weighs them anew.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from silencio.evaluation.metrics import Floats
from silencio.evaluation.truth import Scores

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Answers:
    """Of one model, to all that is judged."""

    scores: Scores
    """[windows, classes]"""
    thresholds: NDArray[np.floating]
    """[classes]: the probability from which on a species is reported."""

    @classmethod
    def at(cls, scores: Scores, thresholds: ArrayLike = 0.5) -> Self:
        """thresholds: [classes], or one for all."""
        return cls(scores, np.broadcast_to(np.asarray(thresholds, np.float32), scores.shape[1:]))

    @property
    def reported(self) -> Mask:
        """[windows, classes]"""
        return self.scores >= self.thresholds

    def of(self, rows: Mask) -> Self:
        """rows: [windows]"""
        return type(self)(self.scores[rows], self.thresholds)


@dataclass(frozen=True)
class Tally:
    """A mean in the making: what each group of windows brings to it, [groups] each."""

    gained: Floats
    asked: Floats

    def resampled(self, counts: NDArray[np.float32]) -> Floats:
        """counts: [resamples, groups] -> the mean in each resampling, [resamples]; NaN where nothing was asked."""
        asked = np.einsum("rg,g->r", counts, self.asked)
        mean = np.full(len(counts), np.nan)
        np.divide(np.einsum("rg,g->r", counts, self.gained), asked, out=mean, where=asked > 0)
        return mean


def tally(right: NDArray[np.floating] | Mask, asked: Mask, groups: NDArray[np.intp], number: int) -> Tally:
    """right, asked, groups: [windows] -> what each of the `number` groups brings."""
    weights = np.stack([right, np.ones(len(right))])[:, asked]
    gained, windows = (np.bincount(groups[asked], weight, number).astype(np.float64) for weight in weights)
    return Tally(gained, windows)


def window_f1(targets: Mask, reported: Mask) -> Floats:
    """[windows, classes] twice -> the F1 of each window, [windows].

    Of the set of species reported against the set of those that call; an empty set has "nocall" for its only
    member. Their mean is BirdCLEF 2021's row-wise micro-averaged F1.
    """
    common = (targets & reported).sum(axis=1)
    called, said = targets.sum(axis=1), reported.sum(axis=1)
    silence = (called == 0) & (said == 0)
    return np.asarray(2 * (common + silence) / (np.maximum(called, 1) + np.maximum(said, 1)))


def among_likeliest(targets: Mask, scores: Scores, count: int) -> Mask:
    """[windows, classes] twice -> whether a caller is among so many likeliest species, [windows].

    A species as likely as the likeliest caller stands before it: who finds everything equally likely knows nothing.
    """
    best = np.where(targets, scores, -np.inf).max(axis=1, initial=-np.inf)
    before = (~targets & (scores >= best[:, None])).sum(axis=1)
    return np.asarray(targets.any(axis=1) & (before < count))
