"""What one training learns from: windows of a store, and what a model is to say of each."""

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from silencio.data.windows.store import Windows
from silencio.errors import SilencioError, WrongUse
from silencio.settings import Experiment, Training
from silencio.training.targets import training_targets

Rows = NDArray[np.int64]
"""Numbers of windows in the store."""

NONE: Rows = np.empty(0, np.int64)


@dataclass(frozen=True)
class Overheard:
    """Soundscapes that nobody labelled, with what a teacher heard in them as the lesson's targets."""

    rows: Rows
    belief: Tensor
    """How much was heard in each, [rows]: it is drawn so often."""
    share: float
    """Of windows, over which one of them is laid."""


@dataclass(frozen=True)
class Lesson:
    windows: Windows
    targets: Tensor
    """What to say of every window of the store, [windows, classes]."""
    taught: Rows
    """In every epoch once; what weighs less than 1, as often as it weighs."""
    validation: Rows
    replayed: Rows = field(default_factory=lambda: NONE)
    """Each epoch draws `replays` of them, without repeating any."""
    replays: int = 0
    chooses: bool = False
    """Whether a model is to choose one species of all, as cross_entropy asks, and so targets are shares."""
    overheard: Overheard | None = None

    @classmethod
    def of(cls, experiment: Experiment, windows: Windows) -> "Lesson":
        """Raises if there is nothing to learn."""
        settings = experiment.training
        taught, validation = parts(windows)
        chooses = settings.loss.name == "cross_entropy"
        targets = training_targets(windows, settings.loss, experiment.data.secondary_weight)
        if settings.era == "all":
            return cls(windows, targets, taught, validation, chooses=chooses)
        is_newer = newer(windows)
        older, newest = taught[~is_newer[taught]], taught[is_newer[taught]]
        if settings.era == "older":
            _refuse_none_of(older, taught, settings)
            return cls(windows, targets, older, validation[~is_newer[validation]], chooses=chooses)
        _refuse_none_of(newest, taught, settings)
        replays = min(round(settings.replay * len(newest)), len(older))
        return cls(windows, targets, newest, validation, older, replays, chooses)

    @property
    def length(self) -> int:
        """Windows of an epoch."""
        doubted = self._weights[self.taught] < 1
        return (
            len(self.taught) - int(doubted.sum()) + _draws(self._weights[self.taught][doubted]) + self.replays
        )

    @property
    def _weights(self) -> NDArray[np.float64]:
        """How far each window of the store is believed, [windows]."""
        weights: NDArray[np.float64] = self.windows.index["weight"].to_numpy()
        return weights

    @property
    def labelled(self) -> Rows:
        """All that some epoch may teach."""
        return np.concatenate([self.taught, self.replayed]) if self.replays else self.taught

    def epoch(self, generator: torch.Generator) -> Rows:
        """The windows of one epoch, in a drawn order, [length]."""
        rows, weights = self.taught, self._weights
        doubted = rows[weights[rows] < 1]
        if len(doubted):
            rows = np.concatenate([rows[weights[rows] == 1], _drawn(doubted, weights[doubted], generator)])
        if self.replays:
            rows = np.concatenate([rows, self.replayed[self._remembered(generator)]])
        order = torch.randperm(len(rows), generator=generator)
        shuffled: Rows = rows[order.numpy()]
        return shuffled

    def _remembered(self, generator: torch.Generator) -> Rows:
        """Which of `replayed` this epoch draws, [replays]; what is doubted, more seldom."""
        weights = self._weights[self.replayed]
        if (weights == 1).all():
            drawn = torch.randperm(len(self.replayed), generator=generator)[: self.replays]
        else:
            drawn = torch.multinomial(torch.from_numpy(weights), self.replays, generator=generator)
        places: Rows = drawn.numpy()
        return places


def _draws(weights: NDArray[np.float64]) -> int:
    """How many of the windows with these weights are taught in an epoch: as many as they weigh together."""
    return max(1, int(weights.sum())) if len(weights) else 0


def _drawn(rows: Rows, weights: NDArray[np.float64], generator: torch.Generator) -> Rows:
    """Each with its weight as the probability, none twice, and always as many: at even steps along all weights, laid
    end to end in a drawn order."""
    order = torch.randperm(len(rows), generator=generator).numpy()
    begin = float(torch.rand(1, generator=generator, dtype=torch.float64))
    ends, count = np.cumsum(weights[order]), _draws(weights)
    steps = (np.arange(count) + begin) * (ends[-1] / count)
    drawn: Rows = rows[order[np.minimum(np.searchsorted(ends, steps, side="right"), len(rows) - 1)]]
    return drawn


def parts(windows: Windows) -> tuple[Rows, Rows]:
    """The windows to train on and those to validate on, of which there may be none."""
    if not windows.species:
        raise SilencioError(
            f"Nobody said what calls in these {len(windows.index)} windows: there is nothing to learn.",
            "Unlabelled recordings can be listened to and looked at; to train, name labelled ones.",
        )
    train, validation = windows.rows("train"), windows.rows("validation")
    if not len(train):
        raise SilencioError(
            f"None of {len(windows.index)} windows is to be trained on.",
            "Give the data more recordists, or change data.split.",
        )
    return train, validation


def newer(windows: Windows) -> NDArray[np.bool_]:
    """Which windows are of the newest recordings, [windows]; what nobody dated is not."""
    return windows.index["era"].eq_missing("newer").to_numpy()


def _refuse_none_of(era: Rows, taught: Rows, settings: Training) -> None:
    if not len(era):
        raise WrongUse(
            f"training.era is {settings.era}, and none of {len(taught)} windows to train on is {settings.era}: "
            "that is said by when a recording was made, and what nobody dated counts as older.",
            "Check that the data say when, change data.split.newer, or set training.era to all.",
        )
