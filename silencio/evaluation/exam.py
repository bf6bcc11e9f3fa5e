"""What models are asked, once for all of them: candidate, champion and every variant sit the same exam.

exam = Exam.of(experiment, catalog, windows, workspace)
result = exam.sit(candidate, champion)
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from silencio.audio.embedding import found
from silencio.data.windows.store import Windows
from silencio.errors import SilencioError
from silencio.evaluation.answers import Answers, TriedAnswers
from silencio.evaluation.behaviour import behaviour_gates, measure_behaviour
from silencio.evaluation.contestant import Contestant
from silencio.evaluation.curves import Curve, curves_of, mean_precisions
from silencio.evaluation.evaluate import EvaluationResult, evaluate
from silencio.evaluation.gates import NotApplied
from silencio.evaluation.judged import Judged, judged_on
from silencio.evaluation.question import Ground
from silencio.evaluation.slices import OVERALL
from silencio.evaluation.thresholds import Threshold, by_label, choose_thresholds
from silencio.evaluation.trials.make import make_trials
from silencio.evaluation.trials.trials import Trials
from silencio.handover import Handover
from silencio.settings import Experiment, FrontEnd
from silencio.workspace import Workspace

NO_TRIALS = NotApplied("trials", OVERALL, "The experiment asks for none: evaluation.trials.windows is 0.")


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
        """Without trials it is a short exam: the test part as it is, and what behaviour that tells."""
        settings, seed = self.experiment.evaluation, self.experiment.seed
        asked = self.trials(candidate) if trials and settings.trials.windows else None
        new = self._answers(candidate, asked)
        old = self._answers(champion, self._as_others(asked, champion)) if champion else None
        ground = Ground.of(self.judged, candidate.windows, asked)
        behaviour = measure_behaviour(ground, new, old, settings, seed)
        before = old.scores if old else None
        gates = behaviour_gates(behaviour)
        result = evaluate(self.judged.truth, new.scores, settings, before, seed, also=gates)
        untried = () if settings.trials.windows else (NO_TRIALS,)
        return replace(
            result,
            not_applied=(*result.not_applied, *untried),
            curves=_curves(asked, new, old),
            behaviour=behaviour,
        )

    def _as_others(self, asked: Trials | None, contestant: Contestant) -> Trials | None:
        """The same trials, row for row, as this contestant hears them."""
        if asked is None:
            return None
        heard = self.trials(contestant)
        what = ("mode", "level", "name", "window")
        if not heard.table.select(what).equals(asked.table.select(what)):
            raise SilencioError(
                f"{heard.handover.folder} and {asked.handover.folder} hold trials of different windows.",
                "Delete both, and evaluate again; if it comes back, it is a fault of this program: report it.",
            )
        return heard

    def trials(self, contestant: Contestant) -> Trials:
        """As its own front end hears them: the same windows for everybody, and the same done to them."""
        settings, seed = self.experiment.evaluation.trials, self.experiment.seed
        heard = self._front_end(contestant)
        return make_trials(self.catalog, self.judged.truth, heard, settings, seed, self.workspace)

    def _front_end(self, contestant: Contestant) -> FrontEnd:
        if contestant.front_end is not None:
            return contestant.front_end
        # A store knows which embedding model it is of, and the experiment where that lies.
        front_end, named = contestant.windows.front_end, self.experiment.audio.embedding_model
        if front_end.features != "embedding" or named is None:
            return front_end
        return found(front_end.at(named), self.workspace.root)

    def _answers(self, contestant: Contestant, trials: Trials | None) -> Answers:
        settings, truth = self.experiment.evaluation, self.judged.truth
        limits = by_label(self.thresholds(contestant))
        tried = None
        if trials is not None:
            said = contestant.tried(trials)
            drawn = {"resamples": settings.resamples, "seed": self.experiment.seed}
            tried = TriedAnswers(said, mean_precisions(trials, truth, said, **drawn))
        return Answers(
            contestant.scores(self.judged), np.array([limits[label] for label in truth.labels]), tried
        )

    def thresholds(self, contestant: Contestant) -> tuple[Threshold, ...]:
        """Its own, or those that it is to serve with."""
        if contestant.thresholds is not None:
            return contestant.thresholds
        rate = self.experiment.evaluation.false_positive_rate
        return choose_thresholds(self.set_on.truth, contestant.scores(self.set_on), rate)


def _curves(trials: Trials | None, candidate: Answers, champion: Answers | None) -> tuple[Curve, ...]:
    if trials is None or candidate.tried is None:
        return ()
    before = champion.tried.means if champion and champion.tried else None
    return curves_of(trials, candidate.tried.means, before)
