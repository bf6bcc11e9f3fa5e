"""What models are asked, once for all of them: candidate, champion and every variant sit the same exam.

exam = Exam.of(experiment, catalog, windows, workspace)
result = exam.sit(candidate, champion)
"""

import logging
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from silencio.audio.embedding import found
from silencio.data.catalog import Catalog
from silencio.data.windows.store import Windows
from silencio.errors import SilencioError
from silencio.evaluation.behaviour import behaviour_gates, measure_behaviour
from silencio.evaluation.contestant import Contestant
from silencio.evaluation.curves import Curve, curves_of, mean_precisions
from silencio.evaluation.evaluate import EvaluationResult, SetOn, evaluate
from silencio.evaluation.gates import GateResult, NotApplied
from silencio.evaluation.judged import Judged, judged_on
from silencio.evaluation.operation import operate
from silencio.evaluation.quality import quality
from silencio.evaluation.question import Ground
from silencio.evaluation.said import Said, SaidOfTrials
from silencio.evaluation.slices import OVERALL
from silencio.evaluation.sounds import Sounds, sounds_of
from silencio.evaluation.thresholds import DEFAULT, Threshold, choose_thresholds
from silencio.evaluation.trials.make import make_trials
from silencio.evaluation.trials.trials import SILENCE, Trials
from silencio.evaluation.truth import beside_nothing, without_windows
from silencio.handover import Handover
from silencio.settings import Experiment, FrontEnd
from silencio.workspace import Workspace

log = logging.getLogger(__name__)

NO_TRIALS = NotApplied("trials", OVERALL, "The experiment asks for none: evaluation.trials.windows is 0.")


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

    def sit(
        self, candidate: Contestant, champion: Contestant | None, *, trials: bool = True
    ) -> EvaluationResult:
        """Without trials it is a short exam: the test part as it is, and what behaviour that tells."""
        settings, seed, truth = self.experiment.evaluation, self.experiment.seed, self.judged.truth
        asked = self.trials(candidate) if trials and settings.trials.windows else None
        thresholds = self.thresholds(candidate)
        new = self._said(candidate, thresholds, asked)
        old = None
        if champion:
            old = self._said(champion, self.thresholds(champion), self._as_others(asked, champion))
        ground = Ground.of(self.judged, candidate.windows, asked)
        behaviour = measure_behaviour(ground, new, old, settings, seed)
        result = evaluate(
            truth,
            new.scores,
            settings,
            old.scores if old else None,
            seed,
            thresholds=new.limits,
            champion_thresholds=old.limits if old else DEFAULT,
            also=(*self.also, *behaviour_gates(behaviour)),
        )
        untried = () if settings.trials.windows else (NO_TRIALS,)
        return replace(
            result,
            not_applied=(*result.not_applied, *untried),
            curves=_curves(asked, new, old),
            behaviour=behaviour,
            operation=operate(truth, new.scores, thresholds),
            set_on=self.set_on_part,
        )

    def sounds(self) -> Sounds:
        """The judged windows, as a page lets its reader see and hear them."""
        return sounds_of(Catalog.open(self.catalog), self.experiment.audio)

    def trials(self, contestant: Contestant) -> Trials:
        """As its own front end hears them: the same windows for everybody, and the same done to them."""
        settings, seed = self.experiment.evaluation.trials, self.experiment.seed
        heard = self._front_end(contestant)
        return make_trials(self.catalog, self.judged.truth, heard, settings, seed, self.workspace)

    def thresholds(self, contestant: Contestant) -> tuple[Threshold, ...]:
        """Its own, or those that it is to serve with."""
        if contestant.thresholds is not None:
            return contestant.thresholds
        settings = self.experiment.evaluation
        truth, scores, silence = self.set_on.truth, contestant.scores(self.set_on), None
        if settings.trials.windows:
            # Recordings hold hardly a window in which nothing at all is heard, and a recorder hears many.
            empty = self._nothing(contestant)
            said = contestant.tried(empty)
            silence = said[(empty.table["mode"] == SILENCE).to_numpy()]
            truth = beside_nothing(truth, empty.table["recording"].to_list())
            scores = np.concatenate([scores, said])
        return choose_thresholds(
            truth,
            scores,
            settings.false_positive_rate,
            classes=self.classes,
            shrink=settings.shrink,
            above=silence,
            resamples=settings.resamples,
            seed=self.experiment.seed,
        )

    def _nothing(self, contestant: Contestant) -> Trials:
        """Silence and noises, drawn by another seed than those that are tried."""
        settings, seed = self.experiment.evaluation.trials, self.experiment.seed + 1
        heard, nobody = self._front_end(contestant), without_windows(self.judged.truth)
        return make_trials(self.catalog, nobody, heard, settings, seed, self.workspace)

    def _said(self, contestant: Contestant, thresholds: tuple[Threshold, ...], trials: Trials | None) -> Said:
        settings, truth = self.experiment.evaluation, self.judged.truth
        tried = None
        if trials is not None:
            said = contestant.tried(trials)
            drawn = {"resamples": settings.resamples, "seed": self.experiment.seed}
            tried = SaidOfTrials(said, mean_precisions(trials, truth, said, **drawn))
        limits = np.array([threshold.value for threshold in thresholds])
        return Said(contestant.scores(self.judged), limits, tried)

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

    def _front_end(self, contestant: Contestant) -> FrontEnd:
        if contestant.front_end is not None:
            return contestant.front_end
        # A store knows which embedding model it is of, and the experiment where that lies.
        front_end, named = contestant.windows.front_end, self.experiment.audio.embedding_model
        if front_end.features != "embedding" or named is None:
            return front_end
        return found(front_end.at(named), self.workspace.root)


def part_for_thresholds(windows: Windows) -> SetOn:
    """The part that thresholds are set on; what is not as it should be is said in the log."""
    if len(windows.rows("thresholds")):
        return "thresholds"
    if len(windows.rows("validation")):
        log.warning("no part is kept for thresholds alone: they are set on the one that chose the epoch")
        return "validation"
    log.warning("there is nothing to set thresholds on: they are all the same")
    return "nothing"


def _curves(trials: Trials | None, candidate: Said, champion: Said | None) -> tuple[Curve, ...]:
    if trials is None or candidate.tried is None:
        return ()
    before = champion.tried.means if champion and champion.tried else None
    return curves_of(trials, candidate.tried.means, before)
