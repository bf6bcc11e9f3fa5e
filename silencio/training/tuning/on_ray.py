"""Trials side by side on a Ray cluster, by Ray Tune.

Ray Tune runs and stops the trials; what to try and what to cut short is asked of the one study, as it is without a
cluster: so a search may begin on one machine and go on elsewhere. (Ray's own OptunaSearch could do neither: it takes
up no trial that was killed, and notes what its schedulers stop as complete.)
"""

import os
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import optuna

# Ray reads these when it is imported: it is silent then, and Ctrl-C ends a search as it ends all else.
os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")
os.environ.setdefault("TUNE_DISABLE_SIGINT_HANDLER", "1")

import ray
from ray import tune
from ray.tune.schedulers import FIFOScheduler
from ray.tune.search import Searcher

from silencio.cluster.meet import met
from silencio.errors import SilencioError
from silencio.experiment import read_experiment
from silencio.training.epoch import Epoch
from silencio.training.tuning.search import Attempt, CutShort, Outcome, Search


def on_ray(search: Search, address: str | None, workers: int | None, folder: Path) -> None:
    """At most `workers` trials at a time; without it, as many as the cluster has room for.

    A trial takes as many cores as training.threads says, and a GPU where there are some. `folder` is for Ray's own
    notes, which are of no use afterwards.
    """
    settings = search.study.space.experiment.training
    with met(address):
        there = ray.cluster_resources()
        takes = {"cpu": float(settings.threads)}
        if there.get("GPU") and settings.device != "cpu":
            takes["gpu"] = 1.0
        room = max(1, int(there["CPU"] // settings.threads))
        search.at_a_time = min(workers or room, room)
        asked = _Asked(search)
        tuner = tune.Tuner(
            tune.with_resources(partial(_try, attempt=search.attempt), takes),
            tune_config=tune.TuneConfig(
                search_alg=asked,
                scheduler=_Watch(asked),
                num_samples=-1,
                max_concurrent_trials=search.at_a_time,
                # Else a folder is named after all that a trial is given, which is an experiment file.
                trial_dirname_creator=lambda trial: str(trial.trial_id),
            ),
            run_config=tune.RunConfig(name="ray", storage_path=str(folder), verbose=0),
        )
        try:
            results = tuner.fit()
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    if results.errors:
        raise SilencioError(
            f"{len(results.errors)} trials broke on the cluster, the first by: {results.errors[0]}.",
            "Run it again: what is complete is kept, and the others go on.",
        )


def _try(config: dict[str, Any], attempt: Attempt) -> None:
    """One trial, in a process of the cluster."""

    def hear(epoch: Epoch, checkpoint: str) -> None:
        # It returns when the trial is to go on; if it is not, the process ends here.
        tune.report(
            {"epoch": epoch.number, "of": epoch.of, "map": epoch.validation_map, "checkpoint": checkpoint}
        )

    try:
        outcome = attempt(config["number"], read_experiment(config["experiment"]), hear)
    except SilencioError as error:
        tune.report({"problem": error.problem, "remedy": error.remedy})
    else:
        tune.report({"outcome": outcome.map, "history": list(outcome.history)})


class _Asked(Searcher):
    """What to try next."""

    def __init__(self, search: Search) -> None:
        super().__init__()
        self.search = search
        self.trials: dict[str, optuna.Trial] = {}
        """Those that run, by Ray's name for them."""

    def set_search_properties(self, *_: object, **__: object) -> bool:
        """What is searched for is the study's affair."""
        return True

    def suggest(self, trial_id: str) -> Any:
        while self.search.wants_another(len(self.trials)):
            trial = self.search.study.next()
            try:
                experiment = self.search.study.space.with_values(trial.params)
            except SilencioError as error:
                self.search.over(trial, error)
                continue
            self.trials[trial_id] = trial
            return {"number": trial.number, "experiment": experiment.to_yaml()}
        return Searcher.FINISHED

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        trial = self.trials.pop(trial_id)
        if error or result is None:
            return  # It goes on the next time.
        outcome: Outcome | CutShort | SilencioError
        if "outcome" in result:
            outcome = Outcome(result["outcome"], result["history"])
        elif "problem" in result:
            outcome = SilencioError(result["problem"], result["remedy"])
        else:
            outcome = CutShort()
        self.search.over(trial, outcome)

    def save(self, checkpoint_path: str) -> None:
        """The study keeps itself."""
        Path(checkpoint_path).touch()

    def restore(self, checkpoint_path: str) -> None:
        """Nothing was kept here."""

    def __getstate__(self) -> dict[str, Any]:
        """Ray keeps a copy, from which nobody goes on: neither the study nor a terminal's bar can be in it."""
        return {}


class _Watch(FIFOScheduler):
    """What to cut short."""

    def __init__(self, asked: _Asked) -> None:
        super().__init__()
        self.asked = asked

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        if "map" not in result:
            return str(self.CONTINUE)
        ours = self.asked.trials[trial.trial_id]
        said = result["epoch"], result["of"], result["map"], result["checkpoint"]
        return str(self.STOP if self.asked.search.heard(ours, *said) else self.CONTINUE)

    def __getstate__(self) -> dict[str, Any]:
        """As above."""
        return {}
