"""The evaluation of one candidate: figures by slice, by class, the gates, and what follows from them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from silencio.errors import SilencioError
from silencio.evaluation.curves import Curve
from silencio.evaluation.figures import ClassFigure, Figure, measure, measure_classes
from silencio.evaluation.gates import GateResult, NotApplied, Verdict, decision, judge
from silencio.evaluation.question import Behaviour
from silencio.evaluation.slices import OVERALL, choose
from silencio.evaluation.truth import Scores, Truth
from silencio.settings import Evaluation
from silencio.settings.judging import Metric


@dataclass(frozen=True)
class EvaluationResult:
    figures: tuple[Figure, ...]
    """One a slice and metric, `overall` first."""
    classes: tuple[ClassFigure, ...]
    gates: tuple[GateResult, ...]
    not_applied: tuple[NotApplied, ...]
    decision: Verdict
    curves: tuple[Curve, ...] = ()
    """As test windows get harder; none without trials."""
    behaviour: tuple[Behaviour, ...] = ()

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
    also: Sequence[GateResult] = (),
) -> EvaluationResult:
    """candidate, champion: [windows, classes], rows and columns as in the truth. `also` are gates judged elsewhere.

    Measured are the slices of the settings and those that a gate names. Equal seeds give equal intervals.
    """
    _check(truth, candidate, "candidate")
    if champion is not None:
        _check(truth, champion, "champion")
    slices = choose((OVERALL, *settings.slices, *(rule.slice for rule in settings.gates)))
    figures = measure(truth, candidate, champion, slices, resamples=settings.resamples, seed=seed)
    judged, not_applied = judge(figures, settings)
    gates = (*judged, *also)
    return EvaluationResult(
        figures=figures,
        classes=measure_classes(truth, candidate, champion),
        gates=gates,
        not_applied=not_applied,
        decision=decision(gates),
    )


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
