"""A slice's windows, drawn again and again: whole recordings at a time, and every model on the same draws."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from silencio.evaluation.accuracy import by_recording
from silencio.evaluation.answers import Answers, among_likeliest, tally, window_f1
from silencio.evaluation.bootstrap import draw
from silencio.evaluation.calibration import calibration_error
from silencio.evaluation.metrics import RANKINGS, Floats, macro, resampled
from silencio.evaluation.slices import Slice
from silencio.evaluation.truth import Truth
from silencio.settings.judging import Metric


@dataclass(frozen=True)
class Drawn:
    """Figures of one model."""

    values: Mapping[Metric, Floats]
    """[1 + resamples]: the figure itself, then its replicates."""
    classes: Mapping[Metric, int]
    """That the mean is over; of metrics that are no mean over classes, those that call."""


@dataclass(frozen=True)
class Sample:
    rows: NDArray[np.bool_]
    """[windows of the truth]"""
    windows: int
    """That meet the slice's condition; the others are silence."""
    recordings: int
    """That those come from."""
    targets: NDArray[np.bool_]
    """[rows, classes]"""
    groups: NDArray[np.intp]
    """The recording of each row, [rows]."""
    counts: NDArray[np.float32]
    """[1 + resamples, recordings]; the first takes every recording once."""

    @classmethod
    def of(cls, truth: Truth, chosen: Slice, resamples: int, seed: int) -> Self:
        members, rows = chosen.members(truth), chosen.rows(truth)
        recordings = truth.facts["recording"].to_numpy().astype(str)
        names, groups = np.unique(recordings[rows], return_inverse=True)
        sources = len(np.unique(recordings[members]))
        # Calls from one recording alone have no interval, however many silent recordings stand beside it.
        replicates = draw(len(names), resamples if sources > 1 else 0, seed)
        counts = np.vstack([np.ones((1, len(names)), np.float32), replicates])
        return cls(rows, int(members.sum()), sources, truth.targets[rows], groups, counts)

    def draw(self, answers: Answers, metrics: Collection[Metric], top_k: int) -> Drawn:
        """answers: to all windows of the truth."""
        said, targets = answers.of(self.rows), self.targets
        calling = int(targets.any(axis=0).sum())
        values: dict[Metric, Floats] = {}
        classes: dict[Metric, int] = dict.fromkeys(metrics, calling)
        if not RANKINGS.isdisjoint(metrics):
            for ranking, figures in resampled(targets, said.scores, self.groups, self.counts).items():
                values[ranking], classes[ranking] = macro(figures), int(np.isfinite(figures[0]).sum())
        if "micro_f1" in metrics:
            every = np.ones(len(targets), np.bool_)
            values["micro_f1"] = self._share(window_f1(targets, said.reported), every)
        if "top_k" in metrics:
            found = among_likeliest(targets, said.scores, top_k)
            values["top_k"] = self._share(found, np.asarray(targets.any(axis=1)))
        if "accuracy" in metrics:
            recordings = by_recording(targets, said.scores, self.groups, self.counts.shape[1])
            values["accuracy"] = recordings.resampled(self.counts)
        if "calibration_error" in metrics:
            errors = calibration_error(targets, said.scores, self.groups, self.counts)
            values["calibration_error"] = _around_the_first(errors)
        return Drawn(values, classes)

    def _share(self, right: Floats | NDArray[np.bool_], asked: NDArray[np.bool_]) -> Floats:
        return tally(right, asked, self.groups, self.counts.shape[1]).resampled(self.counts)


def _around_the_first(values: Floats) -> Floats:
    """A distance grows with every unevenness, and drawing adds some: replicates of one are brought back around it."""
    known = np.isfinite(values[1:])
    lean = values[1:][known].mean() - values[0] if known.any() else 0.0
    return np.concatenate([values[:1], np.maximum(values[1:] - lean, 0.0)])
