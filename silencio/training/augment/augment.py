"""Rows of a store to a batch that was never seen before."""

import numpy as np
import torch
from torch import Tensor

from silencio.audio.image import CHANNELS
from silencio.errors import WrongUse
from silencio.settings import Augment as Settings
from silencio.training.augment.background import backgrounds, lay_behind
from silencio.training.augment.colour import colour
from silencio.training.augment.company import Company, join
from silencio.training.augment.decibels import Decibels
from silencio.training.augment.draws import between, chosen
from silencio.training.augment.fitting import check
from silencio.training.augment.gain import louder_or_softer
from silencio.training.augment.masks import BANDS, TIME, mask
from silencio.training.augment.mixstyle import mixstyle
from silencio.training.augment.mixup import mixup
from silencio.training.augment.overheard import lay_overheard
from silencio.training.augment.pitch import Pitch
from silencio.training.augment.silence import nothing
from silencio.training.augment.start import NOBODY, cut, next_windows, stretched, strips
from silencio.training.augment.threshold import raise_floor
from silencio.training.lesson import NONE, Lesson, Rows

Batch = tuple[Tensor, Tensor]
"""Pictures [batch, channels, mels, frames], or coefficients [batch, coefficients], and targets [batch, classes]."""


class Augment:
    """Reads windows and changes them. All it draws comes from the generator that it is given.

    Sounds add up in decibels; so, if anything needs them, windows are turned back into decibels, and at last are made
    pictures again as the front end does. Otherwise they stay as they are stored.
    """

    def __init__(self, settings: Settings, lesson: Lesson) -> None:
        windows = lesson.windows
        front_end = windows.front_end
        check(settings, front_end, lesson.chooses)
        self._settings, self._lesson, self._front_end = settings, lesson, front_end
        self._has_time = len(front_end.shape) > 1
        self._has_bands = windows.scale is not None
        self._pitch = Pitch(front_end, front_end.shape[-2]) if self._has_bands else None
        # Of a picture; an image's columns are averages of frames, and share none with the next one's.
        self._shared = 1 if front_end.features == "log_mel" else 0
        rows = lesson.labelled
        self._next = next_windows(windows) if settings.random_start and self._has_bands else None
        self._company = Company(windows, rows) if settings.same_species else None
        self._backgrounds = backgrounds(windows) if settings.background else NONE
        self._decibels: Decibels | None = None
        if windows.scale and self._needs_decibels(rows):
            self._decibels = Decibels(front_end, windows.scale)
        self._find_all_that_is_asked_for(rows)

    def __call__(self, rows: Rows, generator: torch.Generator) -> Batch:
        settings, lesson = self._settings, self._lesson
        pictures, targets = self.heard(rows, generator), lesson.targets[rows]
        if settings.pitch and self._pitch:
            pictures = self._pitch(pictures, settings.pitch, generator)
        if self._decibels:
            pictures, targets = self._in_decibels(pictures, targets, rows, self._decibels, generator)
            pictures = self._decibels.pictures(pictures)
        if settings.silence and self._decibels:
            at = chosen(settings.silence, len(rows), generator)
            bands, frames = pictures.shape[1:]
            pictures[at] = self._decibels.pictures(nothing(len(at), bands, frames, generator))
            targets[at] = 0
        if lesson.overheard:
            pictures, targets = lay_overheard(pictures, targets, lesson, self._stored, generator)
        if settings.mixstyle and self._has_bands:
            pictures = mixstyle(pictures, settings.mixstyle, generator)
        if self._has_time:
            pictures = mask(pictures, settings.time_mask, TIME, generator, self._blank(pictures))
        if self._has_bands:
            pictures = mask(pictures, settings.frequency_mask, BANDS, generator, self._blank(pictures))
        if settings.mixup:
            pictures, targets = mixup(pictures, targets, settings.mixup, generator, lesson.chooses)
        return self._with_channels(pictures), targets

    def heard(self, rows: Rows, generator: torch.Generator) -> Tensor:
        """Windows that begin anywhere, and go by as fast as is drawn, [batch, bands, frames] or [batch,
        coefficients]; in decibels where those are needed."""
        pictures, speed = self._sound(rows), self._settings.speed
        if not self._has_time:
            return pictures
        if not self._settings.random_start:
            if not speed:
                return pictures
            return stretched(pictures, between(1 - speed, 1 + speed, len(rows), generator))
        after = self._next[rows] if self._next is not None else np.full(len(rows), NOBODY)
        joined = np.flatnonzero(after != NOBODY)
        following = self._sound(after[joined]) if len(joined) else pictures[:0]
        strip, lengths = strips(pictures, torch.from_numpy(joined), following, self._shared)
        begins = torch.randint(pictures.shape[-1], (len(rows),), generator=generator)
        rates = between(1 - speed, 1 + speed, len(rows), generator) if speed else None
        return cut(strip, lengths, begins, rates)

    def _in_decibels(
        self, decibels: Tensor, targets: Tensor, rows: Rows, scale: Decibels, generator: torch.Generator
    ) -> Batch:
        settings, count = self._settings, len(rows)
        if self._company:
            picked = chosen(settings.same_species, count, generator).numpy()
            picked = picked[self._company.others(rows[picked]) > 0]
            others = self._company.draw(rows[picked], generator)
            at = torch.from_numpy(picked)
            decibels[at] = join(decibels[at], self.heard(others, generator))
            targets[at] = torch.maximum(targets[at], self._lesson.targets[others])
        if len(self._backgrounds):
            at = chosen(settings.background, count, generator)
            drawn = torch.randint(len(self._backgrounds), (len(at),), generator=generator)
            behind = self.heard(self._backgrounds[drawn.numpy()], generator)
            decibels[at] = lay_behind(decibels[at], behind, settings.background_snr_db, generator)
        if settings.colour_db:
            decibels = colour(decibels, settings.colour_db, generator)
        if settings.gain_db:
            decibels = louder_or_softer(decibels, settings.gain_db, generator)
        if settings.threshold_db:
            decibels = raise_floor(decibels, scale.top_db, settings.threshold_db, generator)
        return decibels, targets

    def _stored(self, rows: Rows) -> Tensor:
        features = torch.from_numpy(self._lesson.windows.features[rows])
        # An image's channels are all the same.
        return (features[:, 0] if features.dim() == 4 else features).float()

    def _sound(self, rows: Rows) -> Tensor:
        pictures = self._stored(rows)
        return self._decibels.of(pictures, rows) if self._decibels else pictures

    def _blank(self, pictures: Tensor) -> Tensor | float:
        """What a mask leaves: average loudness."""
        if self._front_end.normalize == "standard":
            return 0.0
        return pictures.mean(dim=(1, 2) if self._has_bands else 2, keepdim=True)

    def _with_channels(self, pictures: Tensor) -> Tensor:
        if not self._has_time:
            return pictures
        channels = CHANNELS if self._front_end.features == "image" else 1
        return pictures[:, None].expand(-1, channels, -1, -1).contiguous()

    def _needs_decibels(self, rows: Rows) -> bool:
        settings = self._settings
        on = (
            settings.same_species,
            settings.background,
            settings.threshold_db,
            settings.colour_db,
            settings.silence,
        )
        joins = self._next is not None and bool((self._next[rows] != NOBODY).any())
        return joins or any(on) or bool(settings.gain_db)

    def _find_all_that_is_asked_for(self, rows: Rows) -> None:
        settings = self._settings
        if settings.background and not len(self._backgrounds):
            raise WrongUse(
                f"training.augment.background is {settings.background:g}, and among these windows there is none in "
                "which nobody is known to call.",
                "Take in soundscapes that nobody labelled (data.unlabelled), or set it to 0.",
            )
        if self._company and not self._company.others(rows).any():
            raise WrongUse(
                f"training.augment.same_species is {settings.same_species:g}, and no species that is trained on has "
                "a second recording.",
                "Add recordings, or set it to 0.",
            )
