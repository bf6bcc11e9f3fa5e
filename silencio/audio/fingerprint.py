"""What a recording sounds like, in few bits that survive re-encoding, gain, resampling, trimming and mild noise.

After Haitsma and Kalker, A Highly Robust Audio Fingerprinting System (2002), with their long windows made from
short ones, which is cheaper. A bit says whether the step in energy from one band to the next grew over the
last quarter of a second. Steady sound leaves only its own noise in that, so that two recordings of one kind, rain
or a call, share no more bits than chance gives, and copies of one recording share most.
"""

from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from silencio.audio.decode import Samples

Print = NDArray[np.uint32]
"""One word of 32 bits, of the lowest band first, every 64 ms, [words]; 0 where there is nothing to tell."""

FRAME_SECONDS = 0.064
STEP_SECONDS = 0.032
SMOOTHED = 14
"""Frames under one bell: about 0.5 s, of which a start trimmed by half a word's time is a small part."""
EVERY = 2
BLOCK = 16
"""Frames at a time: what fits a processor's cache is done in half the time."""
LAG = 4
"""Words between what is compared in time."""
WORD_SECONDS = STEP_SECONDS * EVERY
BANDS = 33
LOWEST, HIGHEST = 300.0, 7_000.0
"""Hz: below is wind, above is what a codec or a lower rate may have taken away."""
FLOOR = 1e-8
"""Energy, of the loudest: what is so far down is silence, whatever a codec made of it."""
STEADY = 0.01
"""In nepers: less than this is no change, as in digital silence."""


def fingerprint(samples: Samples, rate: int) -> Print:
    """The print of a recording, mono [samples] at its own rate in Hz; empty if it is shorter than 0.75 s.

    Bands above half the rate are without energy, and their bits are 0.
    """
    energy = _band_energy(samples, rate)
    if len(energy) < SMOOTHED:
        return np.empty(0, np.uint32)
    bell = np.hanning(SMOOTHED + 2)[1:-1].astype(np.float32)
    under = np.lib.stride_tricks.sliding_window_view(energy, SMOOTHED, axis=0)[::EVERY]
    smooth = under @ bell
    level = np.log(smooth + (FLOOR * smooth.max() + np.finfo(np.float32).tiny))
    tilt = np.diff(level, axis=1)
    bits = tilt[LAG:] - tilt[:-LAG] > STEADY
    return np.packbits(bits, axis=1, bitorder="little").view("<u4").ravel().astype(np.uint32)


def _band_energy(samples: Samples, rate: int) -> NDArray[np.float32]:
    """Of each band in each frame, [frames, bands]. Frames lie on the same moments at every rate."""
    size: int = scipy.fft.next_fast_len(round(FRAME_SECONDS * rate), real=True)
    frames = int(np.floor((len(samples) - size) / (STEP_SECONDS * rate))) + 1
    if frames < 1:
        return np.empty((0, BANDS), np.float32)
    starts = np.round(np.arange(frames) * (STEP_SECONDS * rate)).astype(np.intp)
    starts = starts[starts + size <= len(samples)]
    windows = np.lib.stride_tricks.sliding_window_view(samples, size)
    bell = np.hanning(size).astype(np.float32)
    low, weights = _bins(size, rate)
    energy = np.empty((len(starts), BANDS), np.float32)
    for first in range(0, len(starts), BLOCK):
        block = slice(first, first + BLOCK)
        spectrum = scipy.fft.rfft(windows[starts[block]] * bell, axis=1)
        # Real and imaginary parts side by side: one square and one product make energy of them.
        parts = spectrum[:, low : low + len(weights) // 2].view(np.float32)
        np.matmul(np.square(parts), weights, out=energy[block])
    return energy


@lru_cache(maxsize=8)
def _bins(size: int, rate: int) -> tuple[int, NDArray[np.float32]]:
    """The first bin of the first band, and which band each part of each bin from there on is of, [parts, bands].

    The bands' edges are even steps for the ear; none is narrower than two bins of a frame.
    """
    edges = np.exp(np.linspace(np.log(700 + LOWEST), np.log(700 + HIGHEST), BANDS + 1)) - 700
    bins = np.round(edges * (size / rate)).astype(np.intp)
    # A band that half the rate cuts off is left out whole.
    heard = bins[: 1 + int((bins[1:] <= size // 2).sum())]
    band = np.repeat(np.arange(len(heard) - 1), np.diff(heard))
    return int(bins[0]), np.eye(BANDS, dtype=np.float32)[np.repeat(band, 2)]
