"""Two recordings laid over each other (Zhang et al., 2018), whoever calls in them."""

import torch
from torch import Tensor

from silencio.training.augment.draws import beta


def mixup(
    pictures: Tensor, targets: Tensor, alpha: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Pictures of any shape, [batch, …], each with another of the batch; targets [batch, classes].

    Who is in either is in both: the targets' union, not their mean.
    """
    share = beta(alpha, len(pictures), generator)
    share = torch.maximum(share, 1 - share)
    other = torch.randperm(len(pictures), generator=generator)
    weight = share.reshape(-1, *[1] * (pictures.dim() - 1))
    audible = torch.where(share[:, None] < 0.9, targets[other], torch.zeros_like(targets))
    return weight * pictures + (1 - weight) * pictures[other], torch.maximum(targets, audible)
