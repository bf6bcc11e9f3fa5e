"""Another microphone: each hears some bands better than others, and none of them in steps."""

import math

import torch
from torch import Tensor

from silencio.training.augment.draws import between

WAVES = 3
"""Cosines that a curve consists of: the first tilts it, the others bend it."""


def colour(decibels: Tensor, most: float, generator: torch.Generator) -> Tensor:
    """Each picture, [batch, bands, frames], under a curve of its own; in place."""
    return decibels.add_(curves(len(decibels), decibels.shape[1], most, generator)[:, :, None])


def curves(count: int, bands: int, most: float, generator: torch.Generator) -> Tensor:
    """Decibels, somewhere up or down by a drawn amount of at most `most`, [count, bands]."""
    orders = torch.arange(1, WAVES + 1)
    waves = torch.cos(math.pi * orders[:, None] * (torch.arange(bands) + 0.5) / bands)
    drawn = (torch.randn(count, WAVES, generator=generator) / orders) @ waves
    farthest = drawn.abs().amax(dim=1, keepdim=True)
    return drawn / farthest * between(0, most, count, generator)[:, None]
