"""FSDP2: which parts of a model are borrowed together, and how states lose and regain their parting."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method
from torch.distributed.tensor import DTensor, distribute_tensor

BLOCK = 100_000
"""Weights. Smaller blocks would cost more in messages than they save in memory."""


def shard(model: nn.Module, device: str) -> nn.Module:
    """The same model, its weights parted among all processes: block by block, and what is left with the root.

    All processes must hold the same weights before.
    """
    mesh = init_device_mesh(device, (torch.distributed.get_world_size(),))
    # It parts memory, and so wants it in the order of the numbers.
    model.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    for block in blocks(model):
        fully_shard(block, mesh=mesh)
    fully_shard(model, mesh=mesh)
    if hasattr(model, "clip_and_frames"):
        register_fsdp_forward_method(model, "clip_and_frames")
    return model


def blocks(model: nn.Module) -> list[nn.Module]:
    """The smallest modules with `BLOCK` weights or more that no other block has; inner ones first."""
    found: list[nn.Module] = []

    def left(module: nn.Module) -> int:
        """The weights in it that are in no block."""
        count = sum(map(left, module.children())) + sum(w.numel() for w in module.parameters(recurse=False))
        # A list is never called itself, so nothing would be borrowed for it.
        if count < BLOCK or module is model or isinstance(module, nn.ModuleList | nn.ModuleDict):
            return count
        found.append(module)
        return 0

    left(model)
    return found


def whole(value: Any) -> Any:
    """Nested state with its tensors put together again: every process must ask, and each gets all of it."""
    if isinstance(value, DTensor):
        return value.full_tensor()
    if isinstance(value, Mapping):
        return {name: whole(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(whole(inner) for inner in value)
    return value


def local(tensor: Tensor) -> Tensor:
    """This process's part; the same memory."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def part_like(held: Tensor, tensor: Any) -> Any:
    """A whole tensor parted as one of the same shape is held; anything else as it is."""
    if not isinstance(held, DTensor) or not isinstance(tensor, Tensor) or tensor.shape != held.shape:
        return tensor
    # Every process has all of it: there is nothing to send.
    placed = tensor.to(held.device, held.dtype)
    return distribute_tensor(placed, held.device_mesh, held.placements, src_data_rank=None)
