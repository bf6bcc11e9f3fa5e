"""Log-mel spectrograms, by librosa's definition (Slaney's mel scale and norm, periodic Hann, centred frames)."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from silencio.audio.mel import mel_bands
from silencio.settings import FrontEnd

if TYPE_CHECKING:
    from silencio.audio.lanes import Lanes

AMIN = np.float32(1e-10)
DECIBELS = np.float32(10 / np.log(10))
"""In one unit of the natural logarithm."""
QUIETEST = DECIBELS * np.log(AMIN)
"""No band has fewer decibels."""


class LogMel:
    """Computes the log-mel picture of sound. Holds the tables, so make one and keep it; threads may share it."""

    def __init__(self, front_end: FrontEnd) -> None:
        self.front_end = front_end
        n_fft, hop = front_end.n_fft, front_end.hop_length
        window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)).astype(np.float32)
        self._mel_power = _fastest(n_fft)(window, hop, mel_bands(front_end))

    def decibels(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """[samples] to dB, [mels, frames], the quietest raised to `top_db` under the loudest."""
        decibels = np.maximum(self._mel_power(samples), AMIN)
        np.log(decibels, out=decibels)
        decibels *= DECIBELS
        floor = decibels.max() - np.float32(self.front_end.top_db)
        return np.asarray(np.maximum(decibels, floor, out=decibels))


def _fastest(n_fft: int) -> "type[Lanes | ByScipy]":
    if n_fft.bit_count() > 1:
        return ByScipy
    # Half a second until numba is imported: whoever only looks at recordings should not wait for it.
    from silencio.audio.lanes import Lanes

    return Lanes


class ByScipy:
    """From samples to mel power, for n_fft of every size."""

    def __init__(self, window: NDArray[np.float32], hop: int, bands: NDArray[np.float32]) -> None:
        """`window` is [n_fft], `bands` are [mels, bins]."""
        from scipy.fft import rfft

        self._rfft, self._window, self._hop, self._bands = rfft, window, hop, bands

    def __call__(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """[samples] to [mels, frames]; frames are centred, and beyond the ends is silence."""
        padded = np.pad(samples.astype(np.float32, copy=False), len(self._window) // 2)
        frames = sliding_window_view(padded, len(self._window))[:: self._hop]
        spectrum = self._rfft(frames * self._window, axis=1)
        power = spectrum.real**2 + spectrum.imag**2
        return np.asarray(self._bands @ power.T)
