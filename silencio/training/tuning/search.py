"""A search while it goes on: how one trial is made, when another one begins, and what is said meanwhile."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import optuna

from silencio.errors import SilencioError
from silencio.progress import Progress, Tell
from silencio.settings import Experiment
from silencio.training.epoch import Epoch
from silencio.training.tuning.study import Study, Tried, seconds_left

Hear = Callable[[Epoch, str], None]
"""Told of each epoch that was trained, and the key of the checkpoint that it is of."""


@dataclass(frozen=True)
class Outcome:
    map: float
    """Of the validation part, in the best epoch."""
    history: Sequence[float]
    """After each epoch."""


class Attempt(Protocol):
    """Makes one trial, in this process or another one."""

    def __call__(self, number: int, experiment: Experiment, hear: Hear) -> Outcome: ...


class CutShort(BaseException):
    """A trial is not to go on: the search has seen better. Nothing failed, so it is no Exception."""


@dataclass
class Search:
    study: Study
    attempt: Attempt
    trials: int
    tell: Tell
    trial_over: Callable[[Tried], None]
    """Called after each trial, whatever became of it."""
    at_a_time: int = 1
    began: float = field(default_factory=time.monotonic)

    def wants_another(self, running: int = 0) -> bool:
        minutes = self.study.space.experiment.tuning.timeout_minutes
        late = minutes is not None and time.monotonic() - self.began >= 60 * minutes
        return not late and len(self.study.finished()) + running < self.trials

    def heard(self, trial: optuna.Trial, epoch: int, of: int, validation_map: float, checkpoint: str) -> bool:
        """Whether the trial is to be cut short; after its last epoch there is nothing left to cut."""
        self.study.keeps(trial, checkpoint)
        self.say(f"trial {trial.number} in epoch {epoch} of {of}")
        return self.study.heard(trial, epoch, validation_map) and epoch < of

    def over(self, trial: optuna.Trial, outcome: Outcome | CutShort | SilencioError) -> None:
        match outcome:
            case Outcome():
                self.study.complete(trial, outcome.map, outcome.history)
            case CutShort():
                self.study.cut_short(trial)
            case SilencioError():
                self.study.fail(trial, str(outcome))
        self.trial_over(next(t for t in self.study.finished() if t.number == trial.number))
        self.say("")

    def say(self, what: str) -> None:
        tried, best = self.study.finished(), self.study.best()
        said = [f"trials, best {best.map:.3f} (trial {best.number})" if best else "trials", what]
        if left := seconds_left(tried, self.trials, self.at_a_time):
            said.append(f"{left / 60:.0f} min to go")
        self.tell(Progress(len(tried), self.trials, ", ".join(filter(None, said))))


def one_by_one(search: Search) -> None:
    """All trials in this process."""
    while search.wants_another():
        trial = search.study.next()

        def hear(epoch: Epoch, checkpoint: str, trial: optuna.Trial = trial) -> None:
            # Whoever validates not is refused before the first trial.
            assert epoch.validation_map is not None
            if search.heard(trial, epoch.number, epoch.of, epoch.validation_map, checkpoint):
                raise CutShort

        outcome: Outcome | CutShort | SilencioError
        try:
            outcome = search.attempt(trial.number, search.study.space.with_values(trial.params), hear)
        except (CutShort, SilencioError) as error:
            outcome = error
        search.over(trial, outcome)
