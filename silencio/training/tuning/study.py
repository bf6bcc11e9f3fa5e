"""A search that is kept: every trial, what was drawn for it, and how it did after each epoch.

with open_study(space, folder) as study:
    while len(study.finished()) < 20:
        trial = study.next()
        …
        study.complete(trial, value, history)

It lies in SQLite, one transaction a word. What each trial draws depends on the seed, its number and what was said
of the others, not on who asks: a search that was killed goes on as one that never was.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import optuna
from optuna.pruners import MedianPruner
from optuna.samplers import TPESampler
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from silencio.identity import digest_of
from silencio.training.tuning.space import Space
from silencio.workspace import only_one

log = logging.getLogger(__name__)

NAME, DATABASE = "study", "study.db"
ENOUGH = 4
"""Complete trials: what fewer differ by may be anything's doing."""
WHY, CHECKPOINT = "why", "checkpoint"


@dataclass(frozen=True)
class Tried:
    """One trial that is over."""

    number: int
    values: Mapping[str, Any]
    """What the experiment held, by key."""
    map: float | None
    """Of the validation part, in its best epoch; None if it failed."""
    epochs: int
    how: str
    """`complete`; `cut short`, when most others were better by then; or `failed`."""
    why: str = ""
    """It failed."""
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        return self.how == "complete"


class Study:
    def __init__(self, space: Space, storage: RDBStorage) -> None:
        settings = space.experiment.tuning
        self.space = space
        self._storage = storage
        self._study = optuna.create_study(
            storage=storage,
            study_name=NAME,
            direction="maximize",
            load_if_exists=True,
            pruner=MedianPruner(settings.startup_trials, settings.minimum_epochs),
        )
        if not self._study.get_trials(deepcopy=False) and (own := space.own()):
            # Then the best is never worse than what was there.
            self._study.enqueue_trial(own)
        self._unfinished = [t.number for t in self._trials(TrialState.RUNNING)]

    def next(self) -> optuna.Trial:
        """One that somebody was killed over, as far as it came; else a new one."""
        if self._unfinished:
            return self._opened(self._unfinished.pop(0))
        self._draw_for(len(self._study.get_trials(deepcopy=False)))
        return self._study.ask(dict(self.space.distributions))

    def _opened(self, number: int) -> optuna.Trial:
        study = self._storage.get_study_id_from_name(NAME)
        trial = optuna.Trial(
            self._study, self._storage.get_trial_id_from_study_id_trial_number(study, number)
        )
        self._draw_for(number)
        # What it had no time to draw is drawn now.
        for name, distribution in self.space.distributions.items():
            trial._suggest(name, distribution)
        log.info("trial %d was not over: it goes on", number)
        return trial

    def _draw_for(self, number: int) -> None:
        tuning = self.space.experiment.tuning
        seed = int(digest_of([self.space.experiment.seed, number])[:8], 16)
        self._study.sampler = TPESampler(n_startup_trials=tuning.startup_trials, seed=seed)

    def heard(self, trial: optuna.Trial, epoch: int, validation_map: float) -> bool:
        """Whether the trial is to be cut short: after as many epochs, half of the complete ones were better than it
        has ever been."""
        # Rounds of self-training count their epochs from 1 again: it is by the first one that trials are compared.
        if epoch in self._frozen(trial).intermediate_values:
            return False
        trial.report(validation_map, epoch)
        return trial.should_prune()

    def keeps(self, trial: optuna.Trial, checkpoint: str) -> None:
        """The key of its checkpoint, whether or not it will ever be whole."""
        trial.set_user_attr(CHECKPOINT, checkpoint)

    def complete(self, trial: optuna.Trial, value: float, history: Sequence[float]) -> None:
        """`history` is the validation mAP after each epoch: a kill may have come before it was said."""
        said = self._frozen(trial).intermediate_values
        for epoch, validation_map in enumerate(history, 1):
            if epoch not in said:
                trial.report(validation_map, epoch)
        self._study.tell(trial, value)

    def cut_short(self, trial: optuna.Trial) -> None:
        self._study.tell(trial, state=TrialState.PRUNED)

    def fail(self, trial: optuna.Trial, why: str) -> None:
        """Kept as one that was cut short at once, so that the search avoids what it drew."""
        trial.set_user_attr(WHY, why)
        self._study.tell(trial, state=TrialState.PRUNED)

    def abandoned(self) -> list[str]:
        """The keys of checkpoints that no trial will go on with."""
        pruned = self._trials(TrialState.PRUNED)
        return [t.user_attrs[CHECKPOINT] for t in pruned if CHECKPOINT in t.user_attrs]

    def finished(self) -> list[Tried]:
        """In the order of their numbers."""
        return [self._tried(t) for t in self._trials(TrialState.COMPLETE, TrialState.PRUNED)]

    def best(self) -> Tried | None:
        """Of two alike the earlier."""
        return max((t for t in self.finished() if t.complete), key=lambda t: t.map or 0.0, default=None)

    def importances(self) -> dict[str, float]:
        """How much of what the trials differ by is each key's doing, the largest first; they add up to 1.

        By fANOVA. Empty where complete trials are too few, or all alike.
        """
        complete = [t for t in self.finished() if t.complete]
        if len(complete) < ENOUGH:
            log.info("what matters is told from %d complete trials on; there are %d", ENOUGH, len(complete))
            return {}
        if len({t.map for t in complete}) < 2:
            return {}
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=self.space.experiment.seed % 2**32)
        shares = optuna.importance.get_param_importances(self._study, evaluator=evaluator)
        return {key: float(share) for key, share in shares.items()}

    def _trials(self, *states: TrialState) -> list[FrozenTrial]:
        return self._study.get_trials(deepcopy=False, states=states)

    def _frozen(self, trial: optuna.Trial) -> FrozenTrial:
        return next(t for t in self._study.get_trials(deepcopy=False) if t.number == trial.number)

    def _tried(self, trial: FrozenTrial) -> Tried:
        why = trial.user_attrs.get(WHY, "")
        maps = trial.intermediate_values.values()
        complete = trial.state == TrialState.COMPLETE
        return Tried(
            number=trial.number,
            values=self.space.values(trial.params),
            map=trial.value if complete else max(maps) if maps and not why else None,
            epochs=max(trial.intermediate_values, default=0),
            how="complete" if complete else "failed" if why else "cut short",
            why=why,
            seconds=trial.duration.total_seconds() if trial.duration else 0.0,
        )


def seconds_left(tried: Sequence[Tried], trials: int, at_a_time: int = 1) -> float:
    """Until so many are over, if they take as long as those before."""
    if not tried:
        return 0.0
    return median(t.seconds for t in tried) * max(0, trials - len(tried)) / at_a_time


@contextmanager
def open_study(space: Space, folder: Path) -> Iterator[Study]:
    """Of two processes that search the same, the second waits and finds it done. So a trial that is not over when it
    is opened is nobody's."""
    optuna.logging.disable_default_handler()
    optuna.logging.enable_propagation()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    folder.mkdir(parents=True, exist_ok=True)
    with only_one(folder / "lock"):
        storage = RDBStorage(f"sqlite:///{folder / DATABASE}")
        try:
            yield Study(space, storage)
        finally:
            storage.remove_session()
            storage.engine.dispose()
