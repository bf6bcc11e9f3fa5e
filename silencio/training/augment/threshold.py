"""A floor that is drawn: how far the quietest can be heard is the place's and the microphone's, not the caller's."""

import torch
from torch import Tensor

from silencio.training.augment.draws import between, per_picture


def raise_floor(decibels: Tensor, top_db: float, most: float, generator: torch.Generator) -> Tensor:
    """Of each picture, [batch, bands, frames], all that is quieter than top_db under its loudest plus at most `most`
    decibels is raised to there; in place."""
    raised = per_picture(between(0, most, len(decibels), generator))
    floor = decibels.amax(dim=(1, 2), keepdim=True).sub_(top_db).add_(raised)
    return torch.maximum(decibels, floor, out=decibels)
