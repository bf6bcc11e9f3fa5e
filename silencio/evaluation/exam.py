"""What models are asked, once for all of them: candidate, champion and every variant sit the same exam.

exam = Exam.of(experiment, catalog, windows, workspace)
result = exam.sit(candidate, champion)
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from silencio.data.catalog import Catalog
from silencio.data.windows.store import Windows
from silencio.evaluation.contestant import Contestant
from silencio.evaluation.evaluate import EvaluationResult, SetOn, evaluate
from silencio.evaluation.gates import GateResult
from silencio.evaluation.judged import Judged, judged_on
from silencio.evaluation.operation import operate
from silencio.evaluation.quality import quality
from silencio.evaluation.sounds import Sounds, sounds_of
from silencio.evaluation.thresholds import DEFAULT, Threshold, choose_thresholds
from silencio.handover import Handover
from silencio.settings import Experiment
from silencio.workspace import Workspace

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Exam:
    experiment: Experiment
    catalog: Handover
    judged: Judged
    """The test part."""
    set_on: Judged
    """What thresholds are set on: a part of its own, or the one that chose the epoch."""
    set_on_part: SetOn
    classes: tuple[str, ...]
    """The class of each species: Aves, Insecta, …"""
    workspace: Workspace
    also: tuple[GateResult, ...]
    """Of the data, whoever is judged on them."""

    @classmethod
    def of(cls, experiment: Experiment, catalog: Handover, windows: Windows, workspace: Workspace) -> Self:
        part = part_for_thresholds(windows)
        return cls(
            experiment,
            catalog,
            judged_on(windows, "test"),
            judged_on(windows, part),
            part,
            tuple(species.class_name for species in windows.species),
            workspace,
            quality(Catalog.open(catalog), windows, experiment.evaluation.quality),
        )

    def sit(self, candidate: Contestant, champion: Contestant | None) -> EvaluationResult:
        before = champion.scores(self.judged) if champion else None
        scores, truth = candidate.scores(self.judged), self.judged.truth
        thresholds = self.thresholds(candidate)
        result = evaluate(
            truth,
            scores,
            self.experiment.evaluation,
            before,
            self.experiment.seed,
            thresholds=limits(thresholds),
            champion_thresholds=limits(self.thresholds(champion)) if champion else DEFAULT,
            also=self.also,
        )
        operation = operate(truth, scores, thresholds)
        return replace(result, operation=operation, set_on=self.set_on_part)

    def sounds(self) -> Sounds:
        """The judged windows, as a page lets its reader see and hear them."""
        return sounds_of(Catalog.open(self.catalog), self.experiment.audio)

    def thresholds(self, contestant: Contestant) -> tuple[Threshold, ...]:
        """Its own, or those that it is to serve with."""
        if contestant.thresholds is not None:
            return contestant.thresholds
        settings = self.experiment.evaluation
        return choose_thresholds(
            self.set_on.truth,
            contestant.scores(self.set_on),
            settings.false_positive_rate,
            classes=self.classes,
            shrink=settings.shrink,
            resamples=settings.resamples,
            seed=self.experiment.seed,
        )


def limits(thresholds: Iterable[Threshold]) -> list[float]:
    """[classes]"""
    return [threshold.value for threshold in thresholds]


def part_for_thresholds(windows: Windows) -> SetOn:
    """The part that thresholds are set on; what is not as it should be is said in the log."""
    if len(windows.rows("thresholds")):
        return "thresholds"
    if len(windows.rows("validation")):
        log.warning("no part is kept for thresholds alone: they are set on the one that chose the epoch")
        return "validation"
    log.warning("there is nothing to set thresholds on: they are all the same")
    return "nothing"
