"""One variant of a search: what it costs, what it answers, and how it stands against its gates and budgets."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path

import numpy as np

from silencio.evaluation.contestant import Contestant
from silencio.evaluation.evaluate import EvaluationResult
from silencio.evaluation.exam import Exam
from silencio.evaluation.gates import GateResult, Verdict
from silencio.evaluation.slices import OVERALL
from silencio.optimize.measure import Measured
from silencio.optimize.recipes import RECIPES, Recipe
from silencio.optimize.rows import LOST, Outcome, VariantRow
from silencio.settings.judging import Engine

STEADY = 1e-3
"""The largest difference of a probability between two answers to the same window that is still rounding."""


@dataclass(frozen=True)
class Tried:
    name: Engine
    path: Path
    size_mb: float
    """With what every bundle holds beside the model."""
    cost: Measured
    contestant: Contestant

    @property
    def recipe(self) -> Recipe:
        return RECIPES[self.name]

    def sit(
        self, exam: Exam, full: Contestant | None, champion: Contestant | None, trials: bool
    ) -> tuple[EvaluationResult | None, tuple[GateResult, ...]]:
        """What the exam found, and all gates: the exam's, and the budgets. `full`: full precision, of another variant.

        A model whose answers cannot be relied on is asked nothing else.
        """
        if unsteady := self._unsteady(exam):
            return None, (unsteady,)
        result = exam.sit(self.contestant, champion, trials=trials)
        return result, (*result.gates, *self._budgets(exam, full))

    def row(self, outcome: Outcome, reason: str, gates: tuple[GateResult, ...], map: float) -> VariantRow:
        return VariantRow(
            self.name,
            self.recipe.engine,
            self.recipe.precision,
            outcome,
            reason,
            self.size_mb,
            self.cost.latency_ms,
            self.cost.latency_p95_ms,
            self.cost.windows_per_second,
            self.cost.memory_mb,
            map,
            gates,
        )

    def _unsteady(self, exam: Exam) -> GateResult | None:
        """Seen with bfloat16: answers that are no numbers, now and then, or other ones each time."""
        answers = self.contestant.scores(exam.judged)
        broken = int((~np.isfinite(answers)).sum())
        wander = self.cost.wander
        if not broken and wander <= STEADY:
            return None
        reason = (
            f"{broken} of {answers.size} answers are no numbers."
            if broken
            else f"Answers to the same windows differ by {wander:.2g} from run to run, more than {STEADY:g}."
            if isfinite(wander)
            else "Asked again for the same windows, it gave answers that are no numbers."
        )
        value = wander if isfinite(wander) else nan
        return GateResult("steady answers", OVERALL, value, STEADY, nan, nan, Verdict.FAIL, reason)

    def _budgets(self, exam: Exam, full: Contestant | None) -> Iterator[GateResult]:
        settings = exam.experiment.optimize
        yield GateResult.at_most("size in MB", OVERALL, self.size_mb, settings.size_mb)
        if settings.windows_per_second is not None:
            speed = self.cost.windows_per_second
            yield GateResult.at_least("windows a second", OVERALL, speed, settings.windows_per_second)
        if full is not None:
            yield from losses(exam.sit(self.contestant, full, trials=False), exam)


def losses(against_full: EvaluationResult, exam: Exam) -> Iterator[GateResult]:
    """What less precision may cost: one bar overall, one for any slice that judges and has enough windows to tell."""
    settings, judged = exam.experiment.optimize, exam.experiment.evaluation
    for figure in against_full.figures:
        if figure.metric != "map" or figure.difference is None:
            continue
        overall = figure.slice == OVERALL
        if not figure.gated or (not overall and figure.windows < judged.minimum_windows):
            continue
        lost, bar = figure.difference, settings.map_loss if overall else settings.slice_loss
        yield GateResult.at_most(LOST, figure.slice, -lost.value, bar, low=-lost.high, high=-lost.low)
