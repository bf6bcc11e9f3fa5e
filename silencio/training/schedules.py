"""How the learning rate goes: one of our own, and torch's by their names in torch.optim.lr_scheduler."""

import inspect
import math
from dataclasses import dataclass
from typing import Any

from torch.optim import Optimizer, lr_scheduler
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, ReduceLROnPlateau

from silencio.errors import WrongUse
from silencio.settings import Training
from silencio.training.named import choose, make

WARM_UP = 0.15
"""Share of the steps on which the learning rate climbs, before it falls along a cosine."""

EVERY_STEP = {"warm_cosine", "OneCycleLR", "CyclicLR"}
"""The others count epochs, as torch's own examples do."""

NEED_CODE = {"LambdaLR", "MultiplicativeLR", "SequentialLR", "ChainedScheduler", "LRScheduler"}
"""They take functions or other schedules, which no experiment file holds."""

SET_ELSEWHERE = {
    "optimizer": "training.optimizer",
    "max_lr": "training.learning_rate",
    "total_steps": "training.epochs and the data",
    "epochs": "training.epochs",
    "steps_per_epoch": "training.batch_size and the data",
    "last_epoch": "how far the training has come",
}


@dataclass(frozen=True)
class Schedule:
    torch: LRScheduler
    every_step: bool

    def after_step(self) -> None:
        if self.every_step:
            self.torch.step()

    def after_epoch(self, validation_loss: float | None, validation_map: float | None) -> None:
        if isinstance(self.torch, ReduceLROnPlateau):
            # Its mode says which of the two it is to watch.
            watched = validation_map if self.torch.mode == "max" else validation_loss
            if watched is None:
                raise WrongUse(
                    "training.schedule ReduceLROnPlateau watches the validation part, and there is none.",
                    "Give data.split.validation a share, or choose another schedule.",
                )
            self.torch.step(watched)
        elif not self.every_step:
            self.torch.step()


def warm_cosine(share: float, warm_up: float = WARM_UP) -> float:
    """The learning rate over its peak, at a share of all steps."""
    if share < warm_up:
        return (share + 1e-3) / warm_up
    return 0.5 * (1 + math.cos(math.pi * (share - warm_up) / (1 - warm_up)))


def warm_cosine_of(optimizer: Optimizer, total_steps: int, warm_up: float = WARM_UP) -> LambdaLR:
    if not 0 <= warm_up < 1:
        raise ValueError(f"warm_up is a share below 1, not {warm_up}")
    return LambdaLR(optimizer, lambda step: warm_cosine(step / total_steps, warm_up))


def schedules() -> dict[str, Any]:
    """What makes each of them, by name."""
    named = {name: getattr(lr_scheduler, name) for name in lr_scheduler.__all__ if name not in NEED_CODE}
    classes = {
        name: kind for name, kind in named.items() if inspect.isclass(kind) and issubclass(kind, LRScheduler)
    }
    return {"warm_cosine": warm_cosine_of, **classes}


def make_schedule(optimizer: Optimizer, settings: Training, steps: int) -> Schedule:
    """For epochs of so many steps."""
    maker = choose("training.schedule", settings.schedule, schedules())
    known = {
        "max_lr": settings.learning_rate,
        "total_steps": settings.epochs * steps,
        "T_max": settings.epochs,
    }
    made = make(
        "training.schedule_options", maker, (optimizer,), known, settings.schedule_options, SET_ELSEWHERE
    )
    return Schedule(made, settings.schedule in EVERY_STEP)
