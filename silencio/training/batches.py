"""Batches of an epoch: drawn, read ahead, augmented, and on the device."""

from collections.abc import Iterator
from functools import cache

import numpy as np
import torch
from threadpoolctl import ThreadpoolController
from torch import Tensor

from silencio.audio.pictures import as_pictures
from silencio.data.windows.store import Windows
from silencio.training.ahead import ahead
from silencio.training.augment import Augment, Batch
from silencio.training.compute import Compute
from silencio.training.distributed.team import ALONE, Team, own_part
from silencio.training.lesson import Lesson, Rows


def steps_of(windows: int, batch_size: int) -> int:
    """A last batch of a single window has no variance for batch norm: the others take it in."""
    return max(1, windows // batch_size)


def batches(
    lesson: Lesson,
    steps: int,
    augment: Augment,
    compute: Compute,
    generator: torch.Generator,
    team: Team = ALONE,
) -> Iterator[Batch]:
    """Those of one epoch, or this process's part of each; all draws are the generator's, which must be the same for
    all of a team, and so the same whichever thread makes them."""
    order = lesson.epoch(generator)
    drawing = own_generator(generator, team)
    parts = [own_part(rows, team) for rows in np.array_split(order, steps)]
    made = augmented(parts, augment, drawing)
    if not compute.on_gpu:
        yield from ahead(made)
        return
    # Only pinned memory is copied while the GPU goes on computing.
    for inputs, goals in ahead((p.pin_memory(), t.pin_memory()) for p, t in made):
        yield (
            inputs.to(compute.device, non_blocking=True),
            goals.to(compute.device, non_blocking=True),
        )


def augmented(batched: list[Rows], augment: Augment, generator: torch.Generator) -> Iterator[Batch]:
    """One after the other, on one core: the others are the model's. And so no sum depends on how many there are."""
    # torch gives a thread its number of threads when it is first asked; only afterwards can it be another one.
    torch.get_num_threads()
    with _threads().limit(limits=1, user_api="openmp"):
        for rows in batched:
            yield augment(rows, generator)


@cache
def _threads() -> ThreadpoolController:
    """OpenMP's, whose limit is each thread's own; to look for them takes milliseconds."""
    return ThreadpoolController().select(user_api="openmp")


def own_generator(generator: torch.Generator, team: Team) -> torch.Generator:
    """What each process draws for its own windows is not what the others draw for theirs."""
    if team.size == 1:
        return generator
    seeds = torch.randint(2**62, (team.size,), generator=generator)
    return torch.Generator().manual_seed(int(seeds[team.rank]))


def pictures(windows: Windows, rows: Rows) -> Tensor:
    """[rows, channels, mels, frames]"""
    return torch.from_numpy(as_pictures(windows.features[rows]))
