"""Blanked stretches of time, and of bands (Park et al., 2019): no single part of a call is to be relied on."""

import torch
from torch import Tensor

TIME, BANDS = 2, 1


def mask(
    pictures: Tensor, share: float, side: int, generator: torch.Generator, blank: Tensor | float = 0.0
) -> Tensor:
    """In each picture, [batch, bands, frames], one stretch of at most a share of its side is made `blank`."""
    length, longest = pictures.shape[side], share * pictures.shape[side]
    widths = (torch.rand(len(pictures), generator=generator) * longest).round()
    starts = torch.rand(len(pictures), generator=generator) * (length - widths)
    places = torch.arange(length)
    # A width of 0 ends where it starts.
    inside = (places >= starts[:, None].floor()) & (places < (starts.floor() + widths)[:, None])
    shape = [len(pictures), 1, 1]
    shape[side] = length
    return torch.where(inside.reshape(shape), blank, pictures)
