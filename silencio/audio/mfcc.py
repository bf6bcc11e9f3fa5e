"""Mel-frequency cepstral coefficients, by librosa's definition (orthonormal DCT-II of the log-mel decibels)."""

import numpy as np
from numpy.typing import NDArray

from silencio.audio.log_mel import LogMel

Floats = NDArray[np.float32]
LEAST_DEVIATION = np.float32(1e-3)
"""A coefficient that never changes is 0 after normalization, not a magnified rounding error."""


class Mfcc:
    def __init__(self, log_mel: LogMel) -> None:
        from scipy.fft import dct

        self._dct = dct
        self._log_mel, self._front_end = log_mel, log_mel.front_end

    def coefficients(self, samples: Floats) -> Floats:
        """[samples] to [n_mfcc, frames]"""
        decibels = self._log_mel.decibels(samples)
        cepstrum = self._dct(decibels, axis=0, type=2, norm="ortho")
        return np.asarray(cepstrum[: self._front_end.n_mfcc], dtype=np.float32)

    def __call__(self, window: Floats, real: int) -> Floats:
        """One window [samples], of which the first `real` are sound and the rest padding, to the front end's shape.

        Padding is not heard: neither means nor deviations are of it, and its frames are 0.
        """
        coefficients = self.coefficients(window[:real])
        mean = coefficients.mean(axis=1)
        if self._front_end.aggregate == "mean":
            return np.asarray(mean)
        deviation = coefficients.std(axis=1)
        if self._front_end.aggregate == "mean_std":
            return np.concatenate([mean, deviation])
        if self._front_end.normalize == "standard":
            coefficients = (coefficients - mean[:, None]) / (deviation + LEAST_DEVIATION)[:, None]
        frames = self._front_end.shape[1]
        kept = coefficients[:, :frames]
        return np.pad(kept, ((0, 0), (0, frames - kept.shape[1])))
