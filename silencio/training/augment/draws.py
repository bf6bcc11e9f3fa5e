"""What is drawn for a batch. Whoever draws takes the generator that it is given, so that an epoch can be had again."""

import numpy as np
import torch
from torch import Tensor


def beta(alpha: float, count: int, generator: torch.Generator) -> Tensor:
    """From the symmetric Beta distribution, [count]; torch's own takes no generator."""
    drawn = int(torch.randint(2**62, (1,), generator=generator))
    return torch.from_numpy(np.random.default_rng(drawn).beta(alpha, alpha, count).astype(np.float32))


def between(low: float, high: float, count: int, generator: torch.Generator) -> Tensor:
    """Every number as likely as any other, [count]"""
    return low + (high - low) * torch.rand(count, generator=generator)


def chosen(share: float, count: int, generator: torch.Generator) -> Tensor:
    """Numbers of those of a batch that are chosen, each by a draw of its own, [at most count]"""
    return torch.nonzero(torch.rand(count, generator=generator) < share)[:, 0]


def per_picture(drawn: Tensor) -> Tensor:
    """[batch] to [batch, 1, 1], as it applies to pictures [batch, bands, frames]."""
    return drawn[:, None, None]
