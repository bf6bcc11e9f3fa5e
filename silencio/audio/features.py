"""Log-mel spectrograms, by librosa's definition (Slaney's mel scale and norm, periodic Hann, centred frames)."""

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from silencio.settings import FrontEnd

AMIN = np.float32(1e-10)
BREAK_HZ, BREAK_MEL = 1000.0, 15.0
LOG_STEP = np.log(6.4) / 27.0


class LogMel:
    """Computes the log-mel picture of windows. Holds the tables, so make one and keep it."""

    def __init__(self, front_end: FrontEnd) -> None:
        self.front_end = front_end
        n_fft = front_end.n_fft
        self._window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)).astype(np.float32)
        self._bands = np.ascontiguousarray(mel_bands(front_end).T)

    def __call__(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """[windows, samples] to the model's input [windows, mels, frames], each picture standardized.

        A window's loudness carries no label: each picture gets mean 0 and deviation 1, and silence is all 0.
        """
        pictures = np.stack([self.decibels(samples) for samples in windows])
        pictures -= pictures.mean(axis=(1, 2), keepdims=True)
        pictures /= pictures.std(axis=(1, 2), keepdims=True) + np.float32(1e-3)
        return pictures

    def decibels(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """[samples] to dB, [mels, frames], the quietest raised to `top_db` under the loudest."""
        n_fft = self.front_end.n_fft
        padded = np.pad(samples.astype(np.float32, copy=False), n_fft // 2)
        frames = sliding_window_view(padded, n_fft)[:: self.front_end.hop_length]
        spectrum = scipy.fft.rfft(frames * self._window, axis=1)
        power = spectrum.real**2 + spectrum.imag**2
        mel = np.maximum(power @ self._bands, AMIN)
        decibels = np.float32(10) * np.log10(mel.T)
        floor = decibels.max() - np.float32(self.front_end.top_db)
        return np.asarray(np.maximum(decibels, floor), dtype=np.float32)


def mel_bands(front_end: FrontEnd) -> NDArray[np.float32]:
    """Triangular filters of equal area over the spectrum's bins, [mels, bins]."""
    bins = np.fft.rfftfreq(front_end.n_fft, 1 / front_end.sample_rate)
    lowest, highest = hz_to_mel(np.array([front_end.fmin, front_end.fmax]))
    corners = mel_to_hz(np.linspace(lowest, highest, front_end.n_mels + 2))
    widths = np.diff(corners)
    slopes = corners[:, None] - bins[None, :]
    rising, falling = -slopes[:-2] / widths[:-1, None], slopes[2:] / widths[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    return np.asarray(triangles * (2 / (corners[2:] - corners[:-2]))[:, None], dtype=np.float32)


def hz_to_mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slaney's scale: linear below 1 kHz, logarithmic above."""
    above = BREAK_MEL + np.log(np.maximum(hz, BREAK_HZ) / BREAK_HZ) / LOG_STEP
    return np.where(hz < BREAK_HZ, hz * BREAK_MEL / BREAK_HZ, above)


def mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    above = BREAK_HZ * np.exp(LOG_STEP * (np.maximum(mel, BREAK_MEL) - BREAK_MEL))
    return np.where(mel < BREAK_MEL, mel * BREAK_HZ / BREAK_MEL, above)
