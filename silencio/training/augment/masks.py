"""Blanked stretches of time, and of bands (Park et al., 2019): no single part of a call is to be relied on."""

import torch
from torch import Tensor


def mask(pictures: Tensor, share: float, side: int, generator: torch.Generator) -> Tensor:
    """In each picture, [batch, channels, bands, frames], one stretch of at most a share of its side is made 0."""
    length, longest = pictures.shape[side], share * pictures.shape[side]
    widths = (torch.rand(len(pictures), generator=generator) * longest).round()
    starts = torch.rand(len(pictures), generator=generator) * (length - widths)
    places = torch.arange(length)
    # A width of 0 ends where it starts.
    inside = (places >= starts[:, None].floor()) & (places < (starts.floor() + widths)[:, None])
    shape = [len(pictures), 1, 1, 1]
    shape[side] = length
    return pictures.masked_fill(inside.reshape(shape), 0)
