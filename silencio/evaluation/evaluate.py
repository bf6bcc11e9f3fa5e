"""The evaluation of one candidate: figures by slice, by class, the gates, and what follows from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from silencio.errors import SilencioError
from silencio.evaluation.accuracy import Confusion
from silencio.evaluation.answers import Answers
from silencio.evaluation.calibration import Bin, reliability
from silencio.evaluation.curves import Curve
from silencio.evaluation.figures import ClassFigure, Figure, measure, measure_classes
from silencio.evaluation.gates import GateResult, NotApplied, Verdict, decision, judge
from silencio.evaluation.operation import Operation
from silencio.evaluation.question import Behaviour
from silencio.evaluation.roc import RocPoint, roc_curve
from silencio.evaluation.slices import OVERALL, Slice, choose, present
from silencio.evaluation.thresholds import DEFAULT
from silencio.evaluation.truth import Scores, Truth
from silencio.settings import Evaluation
from silencio.settings.judging import Metric

SetOn = Literal["thresholds", "validation", "nothing"]
"""The part that thresholds are set on."""


@dataclass(frozen=True)
class EvaluationResult:
    figures: tuple[Figure, ...]
    """One a slice and metric: `overall` first, then the gated slices, then those that are only shown."""
    classes: tuple[ClassFigure, ...]
    gates: tuple[GateResult, ...]
    not_applied: tuple[NotApplied, ...]
    decision: Verdict
    confusion: Confusion | None = None
    """Of recordings in which one species alone is named; None where there is none."""
    reliability: tuple[Bin, ...] = ()
    """Of the candidate, all windows."""
    roc: tuple[RocPoint, ...] = ()
    """Of the candidate, over all windows and species."""
    curves: tuple[Curve, ...] = ()
    behaviour: tuple[Behaviour, ...] = ()
    operation: tuple[Operation, ...] = ()
    """What the thresholds do in the test part, in the order of the classes."""
    set_on: SetOn = "nothing"

    @property
    def has_champion(self) -> bool:
        return any(figure.champion is not None for figure in self.figures)

    def figure(self, slice: str = OVERALL, metric: Metric = "map") -> Figure:
        return next(f for f in self.figures if (f.slice, f.metric) == (slice, metric))


def evaluate(
    truth: Truth,
    candidate: Scores,
    settings: Evaluation,
    champion: Scores | None,
    seed: int,
    *,
    thresholds: ArrayLike = DEFAULT,
    champion_thresholds: ArrayLike = DEFAULT,
    also: Sequence[GateResult] = (),
) -> EvaluationResult:
    """candidate, champion: [windows, classes], rows and columns as in the truth; their thresholds: [classes].

    Gated are the slices of the settings and those that a rule names; the decision is on their gates and on those that
    others judged (`also`). Equal seeds give equal intervals.
    """
    _check(truth, candidate, "candidate")
    asked, before = Answers.at(candidate, thresholds), None
    if champion is not None:
        _check(truth, champion, "champion")
        before = Answers.at(champion, champion_thresholds)
    gated = choose(
        (OVERALL, *settings.slices, *(rule.slice for rule in settings.gates)), settings.rare_recordings
    )
    figures = measure(
        truth,
        asked,
        before,
        gated,
        _shown(truth, settings, gated),
        resamples=settings.resamples,
        seed=seed,
        top_k=settings.top_k,
    )
    judged, not_applied = judge(figures, settings)
    gates = (*judged, *also)
    return EvaluationResult(
        figures=figures,
        classes=measure_classes(truth, asked, before),
        gates=gates,
        not_applied=not_applied,
        decision=decision(gates),
        confusion=Confusion.of(truth, candidate),
        reliability=reliability(truth.targets, candidate),
        roc=roc_curve(truth.targets, candidate),
    )


def _shown(truth: Truth, settings: Evaluation, gated: Sequence[Slice]) -> list[Slice]:
    names = {s.name for s in gated}
    found = present(settings.shown, truth, settings.rare_recordings, settings.minimum_windows)
    return [s for s in found if s.name not in names]


def _check(truth: Truth, scores: Scores, whose: str) -> None:
    if scores.shape != truth.targets.shape:
        raise SilencioError(
            f"The {whose}'s scores are {scores.shape}, the truth {truth.targets.shape} [windows, classes].",
            "Score the windows of this very truth, with its labels as columns.",
        )
    broken = int((~np.isfinite(scores)).sum())
    if broken:
        raise SilencioError(
            f"{broken} of the {whose}'s scores are not finite numbers.",
            "The model diverged, or its input is damaged: train it again, or look at the windows.",
        )
    beyond = int(((scores < 0) | (scores > 1)).sum())
    if beyond:
        raise SilencioError(
            f"{beyond} of the {whose}'s scores are no probabilities from 0 to 1.",
            "Put the model's outputs through a sigmoid before they are judged.",
        )
