"""Near or far, or the recorder's level: the same call, louder or softer."""

import torch
from torch import Tensor

from silencio.training.augment.draws import between, per_picture


def louder_or_softer(decibels: Tensor, most: float, generator: torch.Generator) -> Tensor:
    """Each picture, [batch, bands, frames], by at most so many decibels; in place."""
    return decibels.add_(per_picture(between(-most, most, len(decibels), generator)))
