"""Soundscapes that nobody labelled, laid over what is labelled (Babych's BirdCLEF 2025): what calls in the field
is learnt from a teacher's word, and next to it what calls in a recording from a person's."""

import torch
from torch import Tensor

from silencio.audio.pictures import as_pictures
from silencio.training.lesson import Lesson, Overheard


def lay_overheard(
    pictures: Tensor, targets: Tensor, lesson: Lesson, overheard: Overheard, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Pictures of any shape, [batch, …], a share of them half and half with a soundscape's; targets [batch, classes].

    Who is in either is in both, as in mixup.
    """
    chosen = torch.rand(len(pictures), generator=generator) < overheard.share
    drawn = torch.multinomial(overheard.belief, len(pictures), replacement=True, generator=generator)
    rows = overheard.rows[drawn[chosen].numpy()]
    if not len(rows):
        return pictures, targets
    pictures, targets = pictures.clone(), targets.clone()
    pictures[chosen] = (pictures[chosen] + torch.from_numpy(as_pictures(lesson.windows.features[rows]))) / 2
    targets[chosen] = torch.maximum(targets[chosen], lesson.targets[rows])
    return pictures, targets
