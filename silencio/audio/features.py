"""What a model sees of a window, whichever features the front end names: the one callable that everything uses."""

from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from silencio.audio.embedding import Embedding
from silencio.audio.image import Resize, three_channels
from silencio.audio.log_mel import QUIETEST, LogMel
from silencio.audio.mfcc import Mfcc
from silencio.settings import FrontEnd

Floats = NDArray[np.float32]

LEAST_DEVIATION = np.float32(1e-3)
"""A picture that is the same everywhere becomes all 0, not its rounding errors made large."""
FIXED = np.float32(-30), np.float32(20)
"""Offset and scale of `normalize: fixed`: the mean and the deviation of everyday sounds' decibels, roundly."""


@dataclass(frozen=True)
class Scale:
    """What turns pictures back into decibels: picture * scale_db + offset_db. Each [windows]."""

    offset_db: Floats
    scale_db: Floats


class Features:
    """Computes the features of windows. Holds the tables, so make one and keep it; threads may share it."""

    def __init__(self, front_end: FrontEnd) -> None:
        self.front_end = front_end
        self._of = _of(front_end)

    def __call__(self, windows: Floats, real: NDArray[np.int64] | None = None) -> Floats:
        """[windows, samples] to [windows, *shape].

        `real` tells how many samples of each window are sound, the rest being padding, [windows]; else all are.
        """
        return self.scaled(windows, real)[0]

    def scaled(self, windows: Floats, real: NDArray[np.int64] | None = None) -> tuple[Floats, Scale | None]:
        """The same, and their scale; coefficients have none."""
        computed = np.empty((len(windows), *self.front_end.shape), np.float32)
        heard = repeat(windows.shape[1]) if real is None else real.tolist()
        if isinstance(self._of, Picture):
            offset, scale = np.empty((2, len(windows)), np.float32)
            for row, window in enumerate(windows):
                computed[row], offset[row], scale[row] = self._of(window)
            return computed, Scale(offset, scale)
        for row, (window, count) in enumerate(zip(windows, heard, strict=real is not None)):
            computed[row] = self._of(window, count)
        return computed, None

    def of_decibels(self, pictures: Floats) -> Floats:
        """[windows, mels, frames] in decibels, as somebody else computed them, to [windows, *shape].

        Only of front ends that make pictures: log_mel and image.
        """
        assert isinstance(self._of, Picture)
        return np.stack([self._of.on_its_scale(picture)[0] for picture in pictures])


def _of(front_end: FrontEnd) -> "Picture | Mfcc | Embedding":
    if front_end.features == "embedding":
        return Embedding(front_end)
    log_mel = LogMel(front_end)
    return Mfcc(log_mel) if front_end.features == "mfcc" else Picture(log_mel)


class Picture:
    """A log-mel picture on the scale that the front end asks for: [mels, frames], or an image [3, size, size]."""

    def __init__(self, log_mel: LogMel) -> None:
        self._log_mel, self._front_end = log_mel, log_mel.front_end
        mels, frames, size = self._front_end.n_mels, self._front_end.frames, self._front_end.image_size
        self._resize = Resize(mels, frames, size) if self._front_end.features == "image" else None

    def __call__(self, window: Floats) -> tuple[Floats, np.float32, np.float32]:
        """One window [samples], with the offset and the scale that make it decibels again; its padding is in the
        picture, as the silence that it is."""
        return self.on_its_scale(self._log_mel.decibels(window))

    def on_its_scale(self, decibels: Floats) -> tuple[Floats, np.float32, np.float32]:
        """The same of a picture in decibels, [mels, frames]; what is quieter than `top_db` under its loudest is
        raised to that."""
        loudest, top_db = decibels.max(), np.float32(self._front_end.top_db)
        picture = np.maximum(decibels, loudest - top_db)
        offset, scale = np.float32(0), np.float32(1)
        if self._front_end.normalize == "unit":
            # Nothing is quieter than QUIETEST, so that silence is 0 and not as bright as the loudest.
            offset, scale = max(loudest - top_db, QUIETEST), top_db
            picture = (picture - offset) / scale
        elif self._front_end.normalize == "fixed":
            offset, scale = FIXED
            picture = (picture - offset) / scale
        elif self._front_end.normalize == "standard":
            # So that a picture that is the same everywhere has a mean without rounding errors.
            picture -= loudest
        if self._resize:
            picture = self._resize(picture)
        if self._front_end.normalize == "standard":
            # A window's loudness carries no label.
            mean, scale = picture.mean(), picture.std() + LEAST_DEVIATION
            picture, offset = (picture - mean) / scale, loudest + mean
        return three_channels(picture) if self._resize else picture, offset, scale
