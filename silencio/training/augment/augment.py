"""Rows of a store to a batch that was never seen before."""

import torch
from torch import Tensor

from silencio.audio.pictures import as_pictures
from silencio.settings import Augment as Settings
from silencio.training.augment.masks import mask
from silencio.training.augment.mixup import mixup
from silencio.training.augment.overheard import lay_overheard
from silencio.training.augment.start import roll
from silencio.training.lesson import Lesson, Rows

Batch = tuple[Tensor, Tensor]
"""Pictures [batch, channels, mels, frames], or coefficients [batch, coefficients], and targets [batch, classes]."""


class Augment:
    """Reads windows and changes them. All it draws comes from the generator that it is given.

    What has no time, such as coefficients, is neither turned nor masked.
    """

    def __init__(self, settings: Settings, lesson: Lesson) -> None:
        self._settings, self._lesson = settings, lesson
        self._has_time = len(lesson.windows.front_end.shape) > 1

    def __call__(self, rows: Rows, generator: torch.Generator) -> Batch:
        settings = self._settings
        pictures = torch.from_numpy(as_pictures(self._lesson.windows.features[rows]))
        targets = self._lesson.targets[rows]
        if overheard := self._lesson.overheard:
            pictures, targets = lay_overheard(pictures, targets, self._lesson, overheard, generator)
        if self._has_time:
            pictures = roll(pictures, generator)
            # Pictures are standardized: a mask of 0 is a patch of average loudness.
            pictures = mask(pictures, settings.time_mask, -1, generator)
            pictures = mask(pictures, settings.frequency_mask, -2, generator)
        return mixup(pictures, targets, settings.mixup, generator) if settings.mixup else (pictures, targets)
