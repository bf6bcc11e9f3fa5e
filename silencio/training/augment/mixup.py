"""Two recordings laid over each other (Zhang et al., 2018), whoever calls in them."""

import torch
from torch import Tensor

from silencio.training.augment.draws import beta
from silencio.training.targets import IGNORED

AUDIBLE = 0.1
"""From this share on, who calls in the fainter one is to be heard."""


def mixup(
    pictures: Tensor, targets: Tensor, alpha: float, generator: torch.Generator, chooses: bool = False
) -> tuple[Tensor, Tensor]:
    """Pictures of any shape, [batch, …], each with another of the batch; targets [batch, classes].

    Who is in either is in both: the targets' union, not their mean. But whoever `chooses` one species of all says
    of each how much of it there is.
    """
    share = beta(alpha, len(pictures), generator)
    share = torch.maximum(share, 1 - share)
    other = torch.randperm(len(pictures), generator=generator)
    mixed = laid_over(pictures, pictures[other], share)
    if chooses:
        return mixed, shared_targets(targets, targets[other], share[:, None])
    audible = torch.where(1 - share[:, None] > AUDIBLE, targets[other], torch.zeros_like(targets))
    return mixed, torch.maximum(targets, audible)


def laid_over(pictures: Tensor, others: Tensor, share: Tensor) -> Tensor:
    """Their weighted means; both [batch, …], the first's share [batch]."""
    return torch.lerp(others, pictures, share.reshape(-1, *[1] * (pictures.dim() - 1)))


def shared_targets(targets: Tensor, others: Tensor, share: Tensor) -> Tensor:
    """[batch, classes]: each window's targets have its share among them. What is ignored in one and no target of
    the other stays so."""
    ignored = (targets == IGNORED) | (others == IGNORED)
    mixed = share * _of_one(targets) + (1 - share) * _of_one(others)
    return torch.where(ignored & (mixed == 0), IGNORED, mixed)


def _of_one(targets: Tensor) -> Tensor:
    """So that they add up to 1; where there are none, they stay none."""
    known = targets.masked_fill(targets == IGNORED, 0)
    return known / known.sum(dim=1, keepdim=True).clamp_min(IGNORED)
