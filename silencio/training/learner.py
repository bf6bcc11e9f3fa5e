"""What learns, with all that changes as it does."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from silencio.settings import Training
from silencio.training.compute import Compute
from silencio.training.epoch import Epoch
from silencio.training.losses import Objective
from silencio.training.optimizers import make_optimizer
from silencio.training.schedules import Schedule, make_schedule
from silencio.training.state import load_state, save_state


@dataclass(frozen=True)
class Learner:
    model: nn.Module
    objective: Objective
    optimizer: torch.optim.Optimizer
    schedule: Schedule
    scaler: GradScaler
    compute: Compute
    average: AveragedModel | None = None
    """Of the weights of all steps, the last ones counting most."""

    @classmethod
    def of(
        cls, model: nn.Module, objective: Objective, settings: Training, compute: Compute, steps: int
    ) -> "Learner":
        """For epochs of so many steps."""
        placed = compute.place(model)
        optimizer = make_optimizer(placed, settings)
        schedule = make_schedule(optimizer, settings, steps)
        average = running_average(placed, settings.average) if settings.average else None
        return cls(placed, objective, optimizer, schedule, compute.scaler(), compute, average)

    @property
    def judged(self) -> nn.Module:
        """The model whose answers count."""
        return self.average.module if self.average else self.model

    def step(self, pictures: Tensor, targets: Tensor) -> Tensor:
        """Learn from one batch; its loss, still on the device."""
        with self.compute.autocast():
            loss = self.objective.of(self.model, pictures, targets)
        self.optimizer.zero_grad()
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.schedule.after_step()
        if self.average:
            self.average.update_parameters(self.model)
        return loss.detach()

    def weights(self) -> dict[str, Tensor]:
        """A copy of those that are judged, on the CPU."""
        return {n: t.detach().cpu().contiguous().clone() for n, t in self.judged.state_dict().items()}

    def state(self) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.torch.state_dict(),
            "scaler": self.scaler.state_dict(),
            "average": self.average.state_dict() if self.average else {},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.torch.load_state_dict(state["schedule"])
        # One that does nothing has no state, and refuses an empty one.
        if state["scaler"]:
            self.scaler.load_state_dict(state["scaler"])
        if self.average:
            self.average.load_state_dict(state["average"])


def running_average(model: nn.Module, decay: float) -> AveragedModel:
    """Batch norm's own averages are averaged too, so that they fit the weights."""
    return AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)


@dataclass
class Progress:
    """With the learner's own state, all that a training must know to go on."""

    history: list[Epoch] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)

    def add(self, epoch: Epoch, learner: Learner) -> None:
        before = max((e.validation_map or 0.0 for e in self.history), default=0.0)
        # Where nobody validates, the last epoch is taken.
        if epoch.validation_map is None or epoch.validation_map >= before:
            self.best = learner.weights()
        self.history.append(epoch)

    def save(self, path: Path, learner: Learner) -> None:
        save_state(
            path,
            {
                "history": [asdict(epoch) for epoch in self.history],
                "best": self.best,
                "learner": learner.state(),
            },
        )

    @classmethod
    def load(cls, path: Path, learner: Learner) -> "Progress":
        """As it stood at the end of the last whole epoch; the learner is set to it."""
        if not path.exists():
            return cls()
        state = load_state(path)
        learner.restore(state["learner"])
        return cls([Epoch(**epoch) for epoch in state["history"]], state["best"])
