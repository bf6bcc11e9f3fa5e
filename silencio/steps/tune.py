"""Search for better settings: the experiment's tuning.space, judged on the validation part alone.

A search lies in models/tuning/KEY: study.db, best.yaml, trials.csv and pictures. Its key is the digest of all that
shapes a trial and is not searched; asked for more trials, it goes on.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from silencio.errors import SilencioError, WrongUse
from silencio.handover import Handover, Kind
from silencio.identity import code_digest, digest_of
from silencio.progress import Tell, nobody
from silencio.settings import Experiment
from silencio.steps import build
from silencio.steps.house import House

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from silencio.training.epoch import Epoch
    from silencio.training.tracker import Described, Tracker
    from silencio.training.tuning.search import Hear, Outcome, Search
    from silencio.training.tuning.study import Study, Tried

log = logging.getLogger(__name__)

Crew = Callable[["Search", Path], None]
"""Makes the trials that a search wants; the folder is for its own notes."""


@dataclass(frozen=True)
class Tuned:
    folder: Path
    tried: list["Tried"]
    best: "Tried"


def tune(house: House, trials: int | None = None, tell: Tell = nobody, crew: Crew | None = None) -> Tuned:
    """Without a crew, one trial after the other in this process. `trials` in all, those of earlier calls counted."""
    from silencio.registry.runs import Runs
    from silencio.training.tracker import Described
    from silencio.training.tuning.plots import draw
    from silencio.training.tuning.result import write_result
    from silencio.training.tuning.search import Search, one_by_one
    from silencio.training.tuning.space import Space
    from silencio.training.tuning.study import open_study

    _refuse_several_trainings(house.experiment)
    space = Space.of(house.experiment)
    catalog = build.ingest(house, tell=tell)
    windows = build.features(house, catalog, tell)
    _refuse_without_validation(windows)
    learnt = {"catalog": catalog.digest}
    inputs = {
        **learnt,
        "fixed": space.fixed(),
        "tuning": house.experiment.tuning.model_dump(mode="json", exclude={"trials", "timeout_minutes"}),
        "code": code_digest("audio", "data", "models", "training"),
    }
    key = digest_of(inputs)
    folder = house.workspace / "models/tuning" / key[:16]
    described = Described(house.experiment.name, house.experiment.model_dump(mode="json"), learnt)
    runs = Runs(house.site, house.workspace)
    with open_study(space, folder) as study, runs.group(key, "tuning", described) as group:

        def trial_over(trial: "Tried") -> None:
            best = study.best()
            write_result(folder, space, study.finished(), best)
            if best and best.map is not None:
                group.figures({"best_validation_map": best.map}, trial.number)
            figure = "" if trial.map is None else f", validation mAP {trial.map:.3f}"
            log.info("trial %d: %s%s%s", trial.number, trial.how, figure, trial.why and f", {trial.why}")
            if crew is None:
                _tidy(house, study)

        attempt = Attempt(house, catalog, windows, key, space.hears_anew())
        search = Search(study, attempt, trials or house.experiment.tuning.trials, tell, trial_over)
        (crew or (lambda search, _: one_by_one(search)))(search, folder / "ray")
        _tidy(house, study)
        tried, best = study.finished(), study.best()
        if best is None:
            raise _nothing_found(tried)
        write_result(folder, space, tried, best)
        pictures = draw(folder, space, tried, study.importances())
        for path in (folder / "best.yaml", folder / "trials.csv", *pictures):
            group.keep(path, "tuning")
    return Tuned(folder, tried, best)


@dataclass(frozen=True)
class Attempt:
    """One trial, as the steps before it left things; it may be sent to another machine that sees the workspace."""

    house: House
    catalog: Handover
    windows: Handover
    group: str
    hears_anew: bool

    def __call__(self, number: int, experiment: Experiment, hear: "Hear") -> "Outcome":
        from silencio.registry.runs import Runs
        from silencio.training.run import HISTORY
        from silencio.training.tuning.search import Outcome

        house = House(experiment, self.house.site, self.house.workspace)
        runs, checkpoint = Runs(house.site, house.workspace), ""

        def opened(key: str, described: "Described") -> "AbstractContextManager[Tracker]":
            nonlocal checkpoint
            checkpoint = key
            return runs.open(key, described, f"trial {number}", self.group)

        def heard(epoch: "Epoch") -> None:
            hear(epoch, checkpoint)

        windows = build.features(house, self.catalog) if self.hears_anew else self.windows
        made = build.train(house, windows, open_tracker=opened, on_epoch=heard)
        history = json.loads((made / HISTORY).read_text())
        return Outcome(made.facts["validation_map"], [epoch["validation_map"] for epoch in history])


def _refuse_several_trainings(experiment: Experiment) -> None:
    """A trial is one training, whose epochs tell early whether it is worth going on."""
    if experiment.model.architecture == "ensemble":
        raise WrongUse(
            "model.architecture is ensemble, and a trial is the training of one model.",
            "Tune its members one by one, then name them with what was found.",
        )
    if rounds := experiment.training.self_training.rounds:
        raise WrongUse(
            f"training.self_training.rounds is {rounds}, and a trial is one training.",
            "Tune with 0 rounds, then set them again.",
        )


def _refuse_without_validation(windows: Handover) -> None:
    from silencio.data.windows.store import Windows

    if not len(Windows.open(windows).rows("validation")):
        raise WrongUse(
            "There is no validation part, and tuning chooses by nothing else: the test part is never heard.",
            "Set data.split.validation to a share above 0.",
        )


def _tidy(house: House, study: "Study") -> None:
    """Remove the half-made checkpoints of trials that were cut short."""
    for key in study.abandoned():
        house.workspace.abandon(Kind.CHECKPOINT, key)


def _nothing_found(tried: list["Tried"]) -> SilencioError:
    why = next((trial.why for trial in tried if trial.why), "")
    if not tried:
        return SilencioError("No trial was made.", "Give tuning.timeout_minutes more time.")
    return SilencioError(
        f"None of {len(tried)} trials was completed. {why}".strip(),
        "Narrow tuning.space to values that train.",
    )
