"""When in the window a call comes says nothing."""

import torch
from torch import Tensor


def roll(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Each picture, [batch, channels, bands, frames], turned in time by a drawn amount."""
    shifts = torch.randint(pictures.shape[-1], (len(pictures),), generator=generator)
    return torch.stack([p.roll(int(shift), dims=-1) for p, shift in zip(pictures, shifts, strict=True)])
