"""What one training learns from: windows of a store, and what a model is to say of each."""

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from silencio.data.windows.store import Windows
from silencio.errors import SilencioError
from silencio.settings import Experiment
from silencio.training.targets import training_targets

Rows = NDArray[np.int64]
"""Numbers of windows in the store."""

NONE: Rows = np.empty(0, np.int64)


@dataclass(frozen=True)
class Lesson:
    windows: Windows
    targets: Tensor
    """What to say of every window of the store, [windows, classes]."""
    taught: Rows
    """In every epoch, once."""
    validation: Rows
    replayed: Rows = field(default_factory=lambda: NONE)
    """Each epoch draws `replays` of them, without repeating any."""
    replays: int = 0
    chooses: bool = False
    """Whether a model is to choose one species of all, as cross_entropy asks, and so targets are shares."""

    @classmethod
    def of(cls, experiment: Experiment, windows: Windows) -> "Lesson":
        """Raises if there is nothing to learn."""
        taught, validation = parts(windows)
        loss = experiment.training.loss
        targets = training_targets(windows, loss, experiment.data.secondary_weight)
        return cls(windows, targets, taught, validation, chooses=loss.name == "cross_entropy")

    @property
    def length(self) -> int:
        """Windows of an epoch."""
        return len(self.taught) + self.replays

    def epoch(self, generator: torch.Generator) -> Rows:
        """The windows of one epoch, in a drawn order, [length]."""
        rows = self.taught
        if self.replays:
            drawn = torch.randperm(len(self.replayed), generator=generator)[: self.replays].numpy()
            rows = np.concatenate([rows, self.replayed[drawn]])
        order = torch.randperm(len(rows), generator=generator)
        shuffled: Rows = rows[order.numpy()]
        return shuffled


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
