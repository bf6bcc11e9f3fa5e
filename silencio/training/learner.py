"""What learns, with all that changes as it does."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from silencio.settings import Training
from silencio.training.compute import Compute
from silencio.training.distributed.sharding import local
from silencio.training.distributed.team import ALONE, Team
from silencio.training.epoch import Epoch
from silencio.training.losses import Cost, Objective
from silencio.training.optimizers import make_optimizer
from silencio.training.schedules import Schedule, make_schedule
from silencio.training.state import load_state, save_state


@dataclass(frozen=True)
class Learner:
    model: nn.Module
    cost: nn.Module
    """Pictures and targets to the loss of the model."""
    objective: Objective
    optimizer: torch.optim.Optimizer
    schedule: Schedule
    scaler: GradScaler
    compute: Compute
    average: AveragedModel | None = None
    """Of the weights of all steps, the last ones counting most."""
    team: Team = ALONE

    @classmethod
    def of(
        cls,
        model: nn.Module,
        objective: Objective,
        settings: Training,
        compute: Compute,
        steps: int,
        team: Team = ALONE,
    ) -> "Learner":
        """For epochs of so many steps."""
        # A model that a team holds cannot be copied.
        average = running_average(model, settings.average) if settings.average else None
        placed = team.join(model, compute)
        if average:
            average.to(compute.device)
            average.module = team.join(average.module, compute)
        optimizer = make_optimizer(placed, settings)
        schedule = make_schedule(optimizer, settings, steps)
        cost = team.join_cost(Cost(placed, objective))
        return cls(placed, cost, objective, optimizer, schedule, compute.scaler(), compute, average, team)

    @property
    def judged(self) -> nn.Module:
        """The model whose answers count."""
        return self.average.module if self.average else self.model

    def step(self, pictures: Tensor, targets: Tensor) -> Tensor:
        """Learn from one batch, or from this process's part of it; its loss, still on the device. A part's counts
        by what the part weighs, so that the mean over all parts is the batch's own loss."""
        with self.compute.autocast():
            loss: Tensor = self.cost(pictures, targets)
        if self.team.size > 1:
            weight = self.objective.weight(targets).float()
            loss = loss * (self.team.size * weight / self.team.total(weight).clamp_min(1e-6))
        self.optimizer.zero_grad()
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.schedule.after_step()
        if self.average:
            self.average.update_parameters(self.model)
        return loss.detach()

    def settle(self) -> None:
        """At the end of an epoch: all processes are to judge by the same."""
        self.team.settle(self.model)
        if self.average:
            self.team.settle(self.average.module)

    def weights(self) -> dict[str, Tensor]:
        """A copy of those that are judged, on the CPU."""
        held = self.team.whole(self.judged.state_dict())
        return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in held.items()}

    def state(self) -> dict[str, Any]:
        return {
            "model": self.team.whole(self.model.state_dict()),
            "optimizer": self.team.whole(self.optimizer.state_dict()),
            "schedule": self.schedule.torch.state_dict(),
            "scaler": self.scaler.state_dict(),
            "average": self.team.whole(self.average.state_dict()) if self.average else {},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        self.team.restore(self.model, state["model"])
        self.team.restore_optimizer(self.optimizer, state["optimizer"])
        self.schedule.torch.load_state_dict(state["schedule"])
        # One that does nothing has no state, and refuses an empty one.
        if state["scaler"]:
            self.scaler.load_state_dict(state["scaler"])
        if self.average:
            self.team.restore(self.average, state["average"])


def running_average(model: nn.Module, decay: float) -> AveragedModel:
    """Batch norm's own averages are averaged too, so that they fit the weights."""
    average = get_ema_multi_avg_fn(decay)

    def of_parts(averaged: Sequence[Tensor], now: Sequence[Tensor], count: Tensor | int) -> None:
        # torch takes no list in which some tensors are parted and some are not.
        average([local(tensor) for tensor in averaged], [local(tensor) for tensor in now], count)

    return AveragedModel(model, multi_avg_fn=of_parts, use_buffers=True)


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
        """The first of a team writes; all of them must come."""
        history = [asdict(epoch) for epoch in self.history]
        state = {"history": history, "best": self.best, "learner": learner.state()}
        if learner.team.rank == 0:
            save_state(path, state)

    @classmethod
    def load(cls, path: Path, learner: Learner) -> "Progress":
        """As it stood at the end of the last whole epoch; the learner is set to it."""
        if not path.exists():
            return cls()
        state = load_state(path)
        learner.restore(state["learner"])
        return cls([Epoch(**epoch) for epoch in state["history"]], state["best"])
