"""What models are asked, once for all of them: candidate, champion and every variant sit the same exam.

exam = Exam.of(experiment, catalog, windows, workspace)
result = exam.sit(candidate, champion)
"""

from dataclasses import dataclass
from typing import Self

from silencio.data.windows.store import Windows
from silencio.evaluation.contestant import Contestant
from silencio.evaluation.evaluate import EvaluationResult, evaluate
from silencio.evaluation.judged import Judged, judged_on
from silencio.evaluation.thresholds import Threshold, choose_thresholds
from silencio.handover import Handover
from silencio.settings import Experiment
from silencio.workspace import Workspace


@dataclass(frozen=True)
class Exam:
    experiment: Experiment
    catalog: Handover
    judged: Judged
    """The test part."""
    set_on: Judged
    """The part that thresholds are set on."""
    workspace: Workspace

    @classmethod
    def of(cls, experiment: Experiment, catalog: Handover, windows: Windows, workspace: Workspace) -> Self:
        return cls(
            experiment, catalog, judged_on(windows, "test"), judged_on(windows, "validation"), workspace
        )

    def sit(
        self, candidate: Contestant, champion: Contestant | None, *, trials: bool = True
    ) -> EvaluationResult:
        settings = self.experiment.evaluation
        before = champion.scores(self.judged) if champion else None
        return evaluate(
            self.judged.truth, candidate.scores(self.judged), settings, before, self.experiment.seed
        )

    def thresholds(self, contestant: Contestant) -> tuple[Threshold, ...]:
        """Its own, or those that it is to serve with."""
        if contestant.thresholds is not None:
            return contestant.thresholds
        rate = self.experiment.evaluation.false_positive_rate
        return choose_thresholds(self.set_on.truth, contestant.scores(self.set_on), rate)
