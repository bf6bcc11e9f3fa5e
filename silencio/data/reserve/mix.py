"""Calls and background come together at a signal-to-noise ratio that the labels can state."""

import numpy as np
from numpy.fft import rfft
from numpy.typing import NDArray

from silencio.data.reserve.background import FRAME, HOP, WINDOW
from silencio.data.reserve.voice import Samples


def snr_db(call: Samples, noise: Samples) -> float:
    """Of a call [samples] against the noise [samples] at the same time, within the call's own band.

    The band holds the middle 90 % of the call's energy. The call's power is the mean over its energy, not
    over time: a bout with long pauses is as audible as its syllables are.
    """
    heard, around = _frames(call), _frames(noise)
    share = np.cumsum(heard.sum(axis=0)) / heard.sum()
    low, high = np.searchsorted(share, [0.05, 0.95])
    signal = heard[:, low : high + 1].sum(axis=1)
    power = (signal**2).sum() / signal.sum()
    return float(10 * np.log10(power / around[:, low : high + 1].sum(axis=1).mean()))


def add(scene: Samples, noise: Samples, call: Samples, start: int, decibels: float) -> None:
    """Add a call to the scene in place, from a sample on, at an SNR in dB; what runs over is cut."""
    call = call[: len(scene) - start]
    span = slice(start, start + len(call))
    gain = 10 ** ((decibels - snr_db(call, noise[span])) / 20)
    scene[span] += np.float32(gain) * call


def without_clipping(scene: Samples, peak: float) -> Samples:
    """Turned down, if need be, until the loudest sample is at `peak`."""
    return scene * np.float32(min(1.0, peak / np.abs(scene).max()))


def _frames(samples: Samples) -> NDArray[np.float32]:
    """Power [frames, bands]."""
    padded = np.pad(samples, (0, FRAME - len(samples) % HOP))
    windows = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    spectra = rfft(windows * WINDOW, axis=1)
    return np.asarray(spectra.real**2 + spectra.imag**2, np.float32)
