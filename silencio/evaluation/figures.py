"""What was measured: one figure a slice and metric, for the candidate, the champion and their difference."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import nan

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from silencio.evaluation.answers import Answers
from silencio.evaluation.bootstrap import Estimate, estimate, joint_level
from silencio.evaluation.metrics import METRICS, Floats, average_precision, roc_auc
from silencio.evaluation.sample import Sample
from silencio.evaluation.slices import Slice
from silencio.evaluation.truth import Truth
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
    """That the mean is over; of metrics that are no mean over classes, those that call."""
    candidate: Estimate
    champion: Estimate | None
    difference: Estimate | None
    """Candidate minus champion, paired; the intervals of all gated slices hold together (see `joint_level`)."""
    gated: bool = True
    """Whether a gate looks at the slice; if not, it is shown and decides nothing."""


@dataclass(frozen=True)
class ClassFigure:
    """NaN: these windows do not tell."""

    label: str
    windows: int
    """In which the species calls."""
    average_precision: float
    roc_auc: float
    champion_average_precision: float | None
    reported: int = 0
    """Windows in which the species reaches its threshold."""
    precision: float = nan
    """The share of those in which it calls."""
    recall: float = nan
    """The share of the windows in which it calls that it is reported in."""
    f1: float = nan


def measure(
    truth: Truth,
    candidate: Answers,
    champion: Answers | None,
    gated: Sequence[Slice],
    shown: Sequence[Slice] = (),
    *,
    resamples: int,
    seed: int,
    top_k: int = 5,
    metrics: Sequence[Metric] = METRICS,
) -> tuple[Figure, ...]:
    """Answers in rows and columns as in the truth. The gated slices come first, each with all its metrics."""
    level, figures = joint_level(len(gated)), []
    # Of many small products, threads that wait for each other make slow work, on a busy machine twenty times as slow.
    with _blas().limit(limits=1, user_api="blas"):
        for number, s in enumerate((*gated, *shown)):
            sample = Sample.of(truth, s, resamples, seed)
            new = sample.draw(candidate, metrics, top_k)
            old = None if champion is None else sample.draw(champion, metrics, top_k)
            for metric in metrics:
                value, before = new.values[metric], None if old is None else old.values[metric]
                figures.append(
                    Figure(
                        slice=s.name,
                        metric=metric,
                        windows=sample.windows,
                        recordings=sample.recordings,
                        classes=new.classes[metric],
                        candidate=_first_of(value),
                        champion=None if before is None else _first_of(before),
                        difference=None if before is None else _first_of(value - before, level),
                        gated=number < len(gated),
                    )
                )
    return tuple(figures)


def measure_classes(truth: Truth, candidate: Answers, champion: Answers | None) -> tuple[ClassFigure, ...]:
    """One figure a class, in the order of the labels."""
    targets, reported = truth.targets, candidate.reported
    ranked, auc = average_precision(targets, candidate.scores), roc_auc(targets, candidate.scores)
    before = None if champion is None else average_precision(targets, champion.scores)
    called, said, right = (which.sum(axis=0) for which in (targets, reported, targets & reported))
    precision, recall, f1 = _share(right, said), _share(right, called), _share(2 * right, called + said)
    return tuple(
        ClassFigure(
            label=label,
            windows=int(called[k]),
            average_precision=float(ranked[k]),
            roc_auc=float(auc[k]),
            champion_average_precision=None if before is None else float(before[k]),
            reported=int(said[k]),
            precision=float(precision[k]),
            recall=float(recall[k]),
            f1=float(f1[k]),
        )
        for k, label in enumerate(truth.labels)
    )


def _share(part: NDArray[np.int64], whole: NDArray[np.int64]) -> Floats:
    share: Floats = np.full(len(part), nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share


@cache
def _blas() -> ThreadpoolController:
    """Looking for the libraries takes longer than an evaluation of a few windows."""
    return ThreadpoolController()


def _first_of(values: Floats, level: float | None = None) -> Estimate:
    """values: [1 + resamples], the figure and its replicates."""
    value = float(values[0]) if len(values) else nan
    return estimate(value, values[1:]) if level is None else estimate(value, values[1:], level)
