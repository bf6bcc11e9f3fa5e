"""Whether people seem to speak in a recording, told cheaply from its samples.

if speaks(samples, rate): ...

A voice is a chain of syllables: for a twentieth to half a second each, the sound below 1,500 Hz repeats itself 80 to
400 times a second, and then does not. Docs/feedback.md says how often this misses and how often it is wrong.
"""

import numpy as np
import scipy.fft
import soxr
from numpy.typing import NDArray

Floats = NDArray[np.float32]

RATE = 4_000
FRAME, HOP, TRANSFORM = 256, 128, 320
"""Samples at RATE; the transform leaves room for the longest lag."""
BAND_HZ = (80, 1_500)
LAGS = slice(RATE // 400, RATE // 80 + 1)
"""Of voices: from 400 down to 80 times a second."""
STRETCH = 5 * RATE // HOP
"""Frames that are judged together: who says one sentence in a minute speaks."""
HARMONIC = 0.6
"""How like itself, one period later, a voiced frame is at least."""
QUIET_DB = 20.0
"""Below a stretch's loudest twentieth: such frames are the pauses."""
SYLLABLE_SECONDS = (0.05, 0.5)
SYLLABLES = 4
"""In a stretch, at least."""
MEAN_HARMONIC = 0.6
"""Of all frames that are not quiet: wind and hum are now and then harmonic by chance, voices most of the time."""
OCTAVES = 0.5
"""How far apart, as a standard deviation, the pitches of one speaker are at most."""
SILENCE = 1e-8
"""Power: what is fainter is nothing."""

_WINDOW = np.hanning(FRAME).astype(np.float32)
_FREQUENCIES = np.fft.rfftfreq(TRANSFORM, 1 / RATE)
_OUTSIDE = (BAND_HZ[0] > _FREQUENCIES) | (BAND_HZ[1] < _FREQUENCIES)
_TAPER = np.fft.irfft(np.abs(np.fft.rfft(_WINDOW, TRANSFORM)) ** 2)[: LAGS.stop + 1]
_FADING = (_TAPER / _TAPER[0]).astype(np.float32)
"""What the window alone does to the likeness at each lag."""


def speaks(samples: Floats, rate: int) -> bool:
    """Mono, [samples], within -1 … 1."""
    low = soxr.resample(samples, rate, RATE, quality="LQ")
    if len(low) < FRAME:
        return False
    frames = np.lib.stride_tricks.sliding_window_view(low, FRAME)[::HOP] * _WINDOW
    return any(_spoken(frames[start : start + STRETCH]) for start in range(0, len(frames), STRETCH))


def _spoken(frames: Floats) -> bool:
    """[frames, samples] of one stretch."""
    likeness, lag, power = _periods(frames)
    decibels = 10 * np.log10(power + SILENCE)
    loud = (decibels > np.percentile(decibels, 95) - QUIET_DB) & (power > SILENCE)
    voiced = loud & (likeness > HARMONIC)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], voiced, [False]])))
    seconds = (edges[1::2] - edges[::2]) * HOP / RATE
    syllables = np.count_nonzero((seconds >= SYLLABLE_SECONDS[0]) & (seconds <= SYLLABLE_SECONDS[1]))
    if syllables < SYLLABLES:
        return False
    spread = np.std(np.log2(lag[voiced]))
    return bool(likeness[loud].mean() > MEAN_HARMONIC and spread < OCTAVES)


def _periods(frames: Floats) -> tuple[Floats, NDArray[np.int64], Floats]:
    """How like itself each frame is one period later, that period in samples at RATE, and the frame's power."""
    spectrum = scipy.fft.rfft(frames, TRANSFORM)
    power = spectrum.real**2 + spectrum.imag**2
    power[:, _OUTSIDE] = 0
    alike = scipy.fft.irfft(power)[:, : LAGS.stop + 1]
    own = alike[:, 0]
    alike = alike / np.maximum(own, SILENCE)[:, None] / _FADING
    inner = alike[:, LAGS]
    # A peak, not the slope of a sound that is lower or higher than any voice.
    peak = (inner > alike[:, LAGS.start - 1 : LAGS.stop - 1]) & (
        inner >= alike[:, LAGS.start + 1 : LAGS.stop + 1]
    )
    best = np.where(peak, inner, 0)
    return best.max(axis=1), LAGS.start + best.argmax(axis=1), own / FRAME
