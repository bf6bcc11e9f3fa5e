"""Another place: how loud each band is on the whole, and how far it rises and falls, tells who recorded where before it
tells who calls (MixStyle, Zhou et al., 2021; of bands, Schmid et al., 2022)."""

import torch
from torch import Tensor

from silencio.training.augment.draws import between, chosen, per_picture

LEAST = 0.5
"""What it keeps of its own: where it might keep nothing, models of 400 clips were wrong more often."""
STEADY = 1e-3
"""A deviation, far below any that is heard: a band that never changes has none."""


def mixstyle(pictures: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """A share of batches, [batch, bands, frames], of which each picture takes on some of how another was recorded. The
    other batches stay whole: they are what will be heard."""
    if not len(chosen(share, 1, generator)):
        return pictures
    elsewhere = torch.randperm(len(pictures), generator=generator)
    return recorded_as(pictures, pictures[elsewhere], between(LEAST, 1, len(pictures), generator))


def recorded_as(pictures: Tensor, others: Tensor, own: Tensor) -> Tensor:
    """The same sound; of each band's mean and deviation `own`, [batch], is its own, and the rest the other's; all
    [batch, bands, frames]."""
    mean, deviation = _style(pictures)
    means, deviations = (
        torch.lerp(other, one, per_picture(own))
        for one, other in zip((mean, deviation), _style(others), strict=True)
    )
    return (pictures - mean) * (deviations / deviation) + means


def _style(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Of each band, [batch, bands, 1]."""
    mean = pictures.mean(dim=2, keepdim=True)
    # torch.std takes its numbers one by one, and thirty times as long.
    return mean, (pictures - mean).square().mean(dim=2, keepdim=True).sqrt_().add_(STEADY)
