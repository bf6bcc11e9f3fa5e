"""Soundscapes that nobody labelled, laid over what is labelled (Babych's BirdCLEF 2025): what calls in the field
is learnt from a teacher's word, and next to it what calls in a recording from a person's."""

from collections.abc import Callable

import torch
from torch import Tensor

from silencio.training.lesson import Lesson, Rows


def lay_overheard(
    pictures: Tensor,
    targets: Tensor,
    lesson: Lesson,
    read: Callable[[Rows], Tensor],
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Pictures of any shape, [batch, …], a share of them half and half with a soundscape's, which `read` gives in
    the same form; targets [batch, classes].

    Who is in either is in both, as in mixup.
    """
    overheard = lesson.overheard
    if overheard is None:
        return pictures, targets
    chosen = torch.rand(len(pictures), generator=generator) < overheard.share
    drawn = torch.multinomial(overheard.belief, len(pictures), replacement=True, generator=generator)
    rows = overheard.rows[drawn[chosen].numpy()]
    if not len(rows):
        return pictures, targets
    pictures, targets = pictures.clone(), targets.clone()
    pictures[chosen] = (pictures[chosen] + read(rows)) / 2
    targets[chosen] = torch.maximum(targets[chosen], lesson.targets[rows])
    return pictures, targets
