"""Batches of an epoch: drawn, read ahead, augmented, and on the device."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from silencio.audio.pictures import as_pictures
from silencio.data.windows.store import Windows
from silencio.training.ahead import ahead
from silencio.training.augment import Augment
from silencio.training.compute import Compute

Batch = tuple[Tensor, Tensor]
"""Pictures [batch, channels, mels, frames] and targets [batch, classes]."""


def steps_of(rows: NDArray[np.int64], batch_size: int) -> int:
    """A last batch of a single window has no variance for batch norm: the others take it in."""
    return max(1, len(rows) // batch_size)


def batches(
    windows: Windows,
    targets: Tensor,
    rows: NDArray[np.int64],
    steps: int,
    augment: Augment,
    compute: Compute,
) -> Iterator[Batch]:
    """Every row once, in a drawn order."""
    order = rows[torch.randperm(len(rows)).numpy()]
    read = ((pictures(windows, batch), targets[batch]) for batch in np.array_split(order, steps))
    if not compute.on_gpu:
        # On a CPU, dropout draws from the generator that augmentation draws from: which of them is first must not
        # depend on threads.
        yield from (augment(*batch) for batch in ahead(read))
        return
    # Only pinned memory is copied while the GPU goes on computing.
    pinned = ((p.pin_memory(), t.pin_memory()) for p, t in (augment(*batch) for batch in read))
    for inputs, goals in ahead(pinned):
        yield (
            inputs.to(compute.device, non_blocking=True),
            goals.to(compute.device, non_blocking=True),
        )


def pictures(windows: Windows, rows: NDArray[np.int64]) -> Tensor:
    """[rows, channels, mels, frames]"""
    return torch.from_numpy(as_pictures(windows.features[rows]))
