"""Teams over torch.distributed: every process has the whole model (DDP), or a part of every layer (FSDP2)."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.nn.parallel import DistributedDataParallel
from torch.optim import Optimizer

from silencio.errors import WrongUse
from silencio.settings import Training
from silencio.training.compute import Compute
from silencio.training.distributed.sharding import part_like, shard, whole
from silencio.training.distributed.team import ALONE, Team


def team_of(settings: Training) -> Team:
    """Of the processes that torch.distributed has brought together."""
    if not dist.is_initialized() or dist.get_world_size() == 1:
        return ALONE
    check_workers(settings, dist.get_world_size())
    return Sharded() if settings.sharding == "fsdp2" else Replicated()


def check_workers(settings: Training, workers: int) -> None:
    """Raises if so many could not learn what they are asked to."""
    if settings.batch_size < 2 * workers and workers > 1:
        raise WrongUse(
            f"training.batch_size is {settings.batch_size}, of which {workers} workers would see less than two "
            "windows each.",
            "Batch norm needs two: take larger batches, or fewer workers.",
        )
    if settings.sharding == "fsdp2" and settings.precision == "float16":
        raise WrongUse(
            "training.precision is float16, whose gradients are scaled, and with fsdp2 each worker would scale "
            "its own part of them.",
            "Take bfloat16 or float32, or training.sharding ddp.",
        )


class Replicated:
    """Each has the whole model, and gradients are averaged while they are still being computed."""

    def __init__(self) -> None:
        self.rank, self.size = dist.get_rank(), dist.get_world_size()
        # NCCL only carries what lies on a GPU.
        self._carried = torch.device("cuda" if dist.get_backend() == "nccl" else "cpu")

    def join(self, model: nn.Module, compute: Compute) -> nn.Module:
        return compute.place(model)

    def join_cost(self, cost: nn.Module) -> nn.Module:
        # No forward pass in training reads batch norm's averages: it is enough to `settle` them once an epoch.
        return DistributedDataParallel(cost, forward_sync_buffers=False, gradient_as_bucket_view=True)

    def total(self, numbers: Tensor) -> Tensor:
        summed = numbers.clone()
        dist.all_reduce(summed)
        return summed

    def gather(self, part: Tensor) -> Tensor:
        own = part.to(self._carried).contiguous()
        parts = [torch.empty_like(own) for _ in range(self.size)]
        dist.all_gather(parts, own)
        return torch.cat(parts).cpu()

    def settle(self, model: nn.Module) -> None:
        for buffer in model.buffers():
            dist.broadcast(buffer, src=0)

    def whole(self, state: Mapping[str, Any]) -> dict[str, Any]:
        return dict(state)

    def restore(self, model: nn.Module, state: Mapping[str, Tensor]) -> None:
        model.load_state_dict(state)

    def restore_optimizer(self, optimizer: Optimizer, state: Mapping[str, Any]) -> None:
        optimizer.load_state_dict(dict(state))


class Sharded(Replicated):
    """Each holds a part of every layer's weights, gradients and optimizer state, and borrows the others' parts
    while it computes that layer: for models that are too large for one of them."""

    def join(self, model: nn.Module, compute: Compute) -> nn.Module:
        return shard(model.to(compute.device), compute.device.type)

    def join_cost(self, cost: nn.Module) -> nn.Module:
        return cost

    def whole(self, state: Mapping[str, Any]) -> dict[str, Any]:
        return {name: whole(value) for name, value in state.items()}

    def restore(self, model: nn.Module, state: Mapping[str, Tensor]) -> None:
        held = model.state_dict()
        model.load_state_dict({name: part_like(held[name], tensor) for name, tensor in state.items()})

    def restore_optimizer(self, optimizer: Optimizer, state: Mapping[str, Any]) -> None:
        weights = [tensor for group in optimizer.param_groups for tensor in group["params"]]
        parted = {
            number: {name: part_like(weights[number], value) for name, value in kept.items()}
            for number, kept in state["state"].items()
        }
        optimizer.load_state_dict({**state, "state": parted})
