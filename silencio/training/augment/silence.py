"""Silence, and noise in which nobody calls: a model that only ever heard calls finds one in everything."""

import torch
from torch import Tensor

from silencio.audio.log_mel import QUIETEST
from silencio.training.augment.colour import colour
from silencio.training.augment.draws import between, chosen, per_picture

COLOUR_DB = 25.0
"""Noises differ by so much in their bands: wind is all in the lowest, hiss in the highest."""
TEXTURE_DB = (1.0, 5.6)
"""How much a cell of noise differs from its neighbours: from what many bins' average leaves to what one bin has."""
SILENT = 0.3
"""The share that is not even noise: silence is always the same, and soon known."""
LEVEL_DB = (-60.0, 0.0)
GUSTS_DB = 6.0
"""Louder or softer over the window, at most."""


def nothing(count: int, bands: int, frames: int, generator: torch.Generator) -> Tensor:
    """Decibels, [count, bands, frames]: some are the same everywhere, as digital silence is, the others noise."""
    decibels = torch.randn((count, bands, frames), generator=generator)
    decibels.mul_(per_picture(between(*TEXTURE_DB, count, generator)))
    course = torch.linspace(0, 1, frames)
    turns, begins = between(0.2, 3, count, generator), between(0, 1, count, generator)
    gusts = torch.sin(2 * torch.pi * (turns[:, None] * course + begins[:, None]))
    decibels.add_((between(0, GUSTS_DB, count, generator)[:, None] * gusts)[:, None])
    decibels = colour(decibels, COLOUR_DB, generator)
    decibels.add_(per_picture(between(*LEVEL_DB, count, generator)))
    decibels[chosen(SILENT, count, generator)] = float(QUIETEST)
    return decibels
