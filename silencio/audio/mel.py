"""Slaney's mel scale, and the filters over it, by librosa's definition."""

import numpy as np
from numpy.typing import NDArray

from silencio.settings import FrontEnd

BREAK_HZ, BREAK_MEL = 1000.0, 15.0
LOG_STEP = np.log(6.4) / 27.0


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
