"""The same song, higher or lower: no two animals are of the same size."""

import numpy as np
import torch
from torch import Tensor

from silencio.audio.mel import hz_to_mel, mel_to_hz
from silencio.settings import FrontEnd
from silencio.training.augment.draws import between


class Pitch:
    """Warps the mel axis: at the frequency f comes to lie what was at f / 2 ** (semitones / 12)."""

    def __init__(self, front_end: FrontEnd, bands: int) -> None:
        """`bands` of a picture; an image's are the front end's mels, stretched."""
        lowest, highest = hz_to_mel(np.array([front_end.fmin, front_end.fmax]))
        step = (highest - lowest) / (front_end.n_mels + 1)
        self._step, self._mels_a_band = step, front_end.n_mels / bands
        self._lowest = lowest + (0.5 + 0.5 * self._mels_a_band) * step
        self._bands = bands
        self._hertz = mel_to_hz(self._lowest + np.arange(bands) * self._mels_a_band * step)

    def __call__(self, pictures: Tensor, most: float, generator: torch.Generator) -> Tensor:
        """Each picture, [batch, bands, frames], by at most so many semitones. Beyond the bands, the outermost
        goes on."""
        return self.shifted(pictures, between(-most, most, len(pictures), generator))

    def shifted(self, pictures: Tensor, semitones: Tensor) -> Tensor:
        """By so many each, [batch]."""
        source = self._hertz / 2 ** (semitones[:, None].double().numpy() / 12)
        at = (hz_to_mel(source) - self._lowest) / (self._mels_a_band * self._step)
        at = np.clip(at, 0, self._bands - 1)
        below = np.minimum(np.floor(at), self._bands - 2)
        first = (below + self._bands * np.arange(len(pictures))[:, None]).astype(np.int64).ravel()
        share = torch.from_numpy((at - below).astype(np.float32)).reshape(-1, 1)
        rows = pictures.reshape(-1, pictures.shape[-1])
        numbers = torch.from_numpy(first)
        return torch.lerp(rows[numbers], rows[numbers + 1], share).reshape(pictures.shape)
