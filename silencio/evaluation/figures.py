"""What was measured: one figure a slice and metric, for the candidate, the champion and their difference."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from silencio.evaluation.bootstrap import Estimate, draw, estimate, joint_level
from silencio.evaluation.metrics import METRICS, Floats, average_precision, macro, resampled, roc_auc
from silencio.evaluation.slices import Slice
from silencio.evaluation.truth import Scores, Truth
from silencio.settings.judging import Metric


@dataclass(frozen=True)
class Figure:
    slice: str
    metric: Metric
    windows: int
    """That meet the slice's condition."""
    recordings: int
    """That those windows come from."""
    classes: int
    """That the mean is over."""
    candidate: Estimate
    champion: Estimate | None
    difference: Estimate | None
    """Candidate minus champion, paired; the intervals of all slices hold together (see `joint_level`)."""
    gated: bool = True
    """Whether a gate rests on the slice; else it is looked at, and no more."""


@dataclass(frozen=True)
class ClassFigure:
    label: str
    windows: int
    """In which the species calls."""
    average_precision: float
    roc_auc: float
    champion_average_precision: float | None


def measure(
    truth: Truth,
    candidate: Scores,
    champion: Scores | None,
    slices: Sequence[Slice],
    *,
    resamples: int,
    seed: int,
) -> tuple[Figure, ...]:
    """candidate, champion: [windows, classes], rows and columns as in the truth."""
    return tuple(
        figure
        for s in slices
        for figure in _measure_slice(truth, candidate, champion, s, resamples, seed, joint_level(len(slices)))
    )


def measure_classes(truth: Truth, candidate: Scores, champion: Scores | None) -> tuple[ClassFigure, ...]:
    """One figure a class, in the order of the labels; NaN for a class with no positive."""
    precision, auc = average_precision(truth.targets, candidate), roc_auc(truth.targets, candidate)
    before = None if champion is None else average_precision(truth.targets, champion)
    return tuple(
        ClassFigure(
            label=label,
            windows=int(truth.targets[:, k].sum()),
            average_precision=float(precision[k]),
            roc_auc=float(auc[k]),
            champion_average_precision=None if before is None else float(before[k]),
        )
        for k, label in enumerate(truth.labels)
    )


def _measure_slice(
    truth: Truth,
    candidate: Scores,
    champion: Scores | None,
    chosen: Slice,
    resamples: int,
    seed: int,
    level: float,
) -> list[Figure]:
    members, rows = chosen.members(truth), chosen.rows(truth)
    recordings = truth.facts["recording"].to_numpy()
    names, groups = np.unique(recordings[rows].astype(str), return_inverse=True)
    sources = len(np.unique(recordings[members].astype(str)))
    # Calls from one recording alone have no interval, however many silent recordings stand beside it.
    replicates = draw(len(names), resamples if sources > 1 else 0, seed)
    # The first row takes every recording once: the figure itself, computed like its replicates.
    counts = np.vstack([np.ones((1, len(names)), np.float32), replicates])

    targets = truth.targets[rows]
    by_class = resampled(targets, candidate[rows], groups, counts)
    by_class_before = None if champion is None else resampled(targets, champion[rows], groups, counts)

    figures = []
    for metric in METRICS:
        new = macro(by_class[metric])
        old = None if by_class_before is None else macro(by_class_before[metric])
        figures.append(
            Figure(
                slice=chosen.name,
                metric=metric,
                windows=int(members.sum()),
                recordings=sources,
                classes=int(np.isfinite(by_class[metric][0]).sum()),
                candidate=_first_of(new),
                champion=None if old is None else _first_of(old),
                difference=None if old is None else _first_of(new - old, level),
            )
        )
    return figures


def _first_of(values: Floats, level: float | None = None) -> Estimate:
    """values: [1 + resamples], the figure and its replicates."""
    value = float(values[0]) if len(values) else nan
    return estimate(value, values[1:]) if level is None else estimate(value, values[1:], level)
