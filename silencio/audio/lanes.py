"""The mel power of many frames at once: they lie side by side in lanes, so that one instruction computes several.

A block of frames is an array [rows, lanes]. Every step below is a plain loop over the lanes of a few rows, which
LLVM turns into vectors of whatever width the processor has. Reordering rows costs nothing, so the transform works
in place and leaves its bins scattered.
"""

from functools import cache

import numba
import numpy as np
from numpy.typing import NDArray

from silencio.audio.compiled import OPTIONS, Loop, compiled

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

SIDE_BY_SIDE = 16
"""Lanes come in multiples of this: the widest vectors of today hold so many numbers."""
MOST_LANES = 64
"""More do not fit the nearer caches; with fewer, the work beside the vectors counts."""
AT_ONCE = 4
"""Bins that a mel band is summed over in one sweep; bands are padded to a multiple."""

SIGNATURE = (
    "void(float32[:, ::1], float32[::1], int64, int64, float32[::1], float32[:, ::1], float32[:, ::1],"
    " int64[::1], int64[::1], int64[::1], float32[::1])"
)


class Lanes:
    """From samples to mel power, for n_fft that are powers of two."""

    def __init__(self, window: Floats, hop: int, bands: Floats) -> None:
        """`window` is [n_fft], `bands` are [mels, bins]."""
        half = len(window) // 2
        self._n_fft, self._hop, self._mels = len(window), hop, len(bands)
        self._loop = _mel_power_loop()
        self._tables = (
            window,
            turns(half, half),
            turns(half, 2 * half),
            _where_bins_are(half),
            *_banded(bands),
        )

    def __call__(self, samples: Floats) -> Floats:
        """[samples] to [mels, frames]; frames are centred, and beyond the ends is silence."""
        frames = 1 + len(samples) // self._hop
        blocks = -(-frames // MOST_LANES)
        lanes = SIDE_BY_SIDE * -(-frames // (blocks * SIDE_BY_SIDE))
        middle = self._n_fft // 2
        padded = np.zeros((blocks * lanes - 1) * self._hop + self._n_fft, np.float32)
        padded[middle : middle + len(samples)] = samples[: len(padded) - middle]
        power = np.zeros((self._mels, blocks * lanes), np.float32)
        self._loop(power, padded, self._hop, lanes, *self._tables)
        return power[:, :frames]


@cache
def _mel_power_loop() -> Loop:
    return compiled(_mel_power, SIGNATURE)


def turns(count: int, steps: int) -> Floats:
    """Cosines and sines of the first angles of a circle that is walked clockwise, [2, count]."""
    angles = -2 * np.pi * np.arange(count) / steps
    return np.stack([np.cos(angles), np.sin(angles)]).astype(np.float32)


def _where_bins_are(half: int) -> Integers:
    """The row that holds each bin after `transform`, [bins]."""
    bins = np.zeros(1, np.int64)  # of each row
    while len(bins) < half:
        radix = 2 if len(bins) == 1 and half.bit_length() % 2 == 0 else 4
        bins = np.concatenate([digit + radix * bins for digit in range(radix)])
    return np.argsort(bins)


def _banded(bands: Floats) -> tuple[Integers, Integers, Floats]:
    """Each band's first bin [mels], where its weights begin [mels + 1], and all weights in a row."""
    firsts, counts, weights = [], [0], []
    for band in bands:
        bins = np.flatnonzero(band)
        first, end = (bins[0], bins[-1] + 1) if len(bins) else (0, 0)
        sweeps = -(-(end - first) // AT_ONCE)
        firsts.append(first)
        counts.append(sweeps * AT_ONCE)
        # A quarter, because the transform below leaves out the halves of both its sums.
        weights.append(np.pad(band[first:end] / 4, (0, sweeps * AT_ONCE - (end - first))))
    return np.array(firsts), np.cumsum(counts), np.concatenate(weights).astype(np.float32)


def _mel_power(
    mel: Floats,
    padded: Floats,
    hop: int,
    lanes: int,
    window: Floats,
    circle: Floats,
    fine_circle: Floats,
    where: Integers,
    firsts: Integers,
    begins: Integers,
    weights: Floats,
) -> None:
    """Fill `mel`, zeros of [mels, blocks × lanes]."""
    half = len(window) // 2
    real = np.empty((half, lanes), np.float32)
    imaginary = np.empty((half, lanes), np.float32)
    power = np.zeros((half + AT_ONCE, lanes), np.float32)
    for first in range(0, mel.shape[1], lanes):
        _frame(real, imaginary, padded, window, first, hop)
        transform(real, imaginary, circle)
        _squared(power, real, imaginary, where, fine_circle)
        _banded_sum(mel, power, firsts, begins, weights, first)


@numba.njit(**OPTIONS)
def _frame(real: Floats, imaginary: Floats, padded: Floats, window: Floats, first: int, hop: int) -> None:
    """Lay frames beside each other, even samples as real and odd ones as imaginary parts."""
    for row in range(real.shape[0]):
        even, odd = window[2 * row], window[2 * row + 1]
        at = first * hop + 2 * row
        for lane in range(real.shape[1]):
            real[row, lane] = even * padded[at]
            imaginary[row, lane] = odd * padded[at + 1]
            at += hop


@numba.njit(**OPTIONS)
def transform(real: Floats, imaginary: Floats, circle: Floats) -> None:
    """Fourier's transform of every lane, by fours and at last by two, decimating in frequency."""
    rows, lanes = real.shape
    size = rows
    while size >= 4:
        quarter, step = size // 4, rows // size
        for base in range(0, rows, size):
            for turn in range(quarter):
                cos1, sin1 = circle[0, turn * step], circle[1, turn * step]
                cos2, sin2 = circle[0, 2 * turn * step], circle[1, 2 * turn * step]
                cos3, sin3 = circle[0, 3 * turn * step], circle[1, 3 * turn * step]
                a = base + turn
                b, c, d = a + quarter, a + 2 * quarter, a + 3 * quarter
                for lane in range(lanes):
                    sum_ac, i_sum_ac = real[a, lane] + real[c, lane], imaginary[a, lane] + imaginary[c, lane]
                    dif_ac, i_dif_ac = real[a, lane] - real[c, lane], imaginary[a, lane] - imaginary[c, lane]
                    sum_bd, i_sum_bd = real[b, lane] + real[d, lane], imaginary[b, lane] + imaginary[d, lane]
                    dif_bd, i_dif_bd = real[b, lane] - real[d, lane], imaginary[b, lane] - imaginary[d, lane]
                    real[a, lane], imaginary[a, lane] = sum_ac + sum_bd, i_sum_ac + i_sum_bd
                    x, y = dif_ac + i_dif_bd, i_dif_ac - dif_bd
                    real[b, lane], imaginary[b, lane] = x * cos1 - y * sin1, x * sin1 + y * cos1
                    x, y = sum_ac - sum_bd, i_sum_ac - i_sum_bd
                    real[c, lane], imaginary[c, lane] = x * cos2 - y * sin2, x * sin2 + y * cos2
                    x, y = dif_ac - i_dif_bd, i_dif_ac + dif_bd
                    real[d, lane], imaginary[d, lane] = x * cos3 - y * sin3, x * sin3 + y * cos3
        size = quarter
    if size == 2:
        for a in range(0, rows, 2):
            for lane in range(lanes):
                x, y = real[a, lane], imaginary[a, lane]
                real[a, lane], imaginary[a, lane] = x + real[a + 1, lane], y + imaginary[a + 1, lane]
                real[a + 1, lane], imaginary[a + 1, lane] = x - real[a + 1, lane], y - imaginary[a + 1, lane]


@numba.njit(**OPTIONS)
def _squared(power: Floats, real: Floats, imaginary: Floats, where: Integers, fine_circle: Floats) -> None:
    """The power of the real frames' bins, times four, out of the transform of their even and odd samples."""
    half, lanes = real.shape
    for lane in range(lanes):
        power[0, lane] = 4 * (real[0, lane] + imaginary[0, lane]) ** 2
        power[half, lane] = 4 * (real[0, lane] - imaginary[0, lane]) ** 2
    for line in range(1, half // 2 + 1):
        cos, sin = fine_circle[0, line], fine_circle[1, line]
        a, b = where[line], where[half - line]
        for lane in range(lanes):
            even, i_even = real[a, lane] + real[b, lane], imaginary[a, lane] - imaginary[b, lane]
            odd, i_odd = imaginary[a, lane] + imaginary[b, lane], real[b, lane] - real[a, lane]
            x, y = odd * cos - i_odd * sin, odd * sin + i_odd * cos
            power[line, lane] = (even + x) ** 2 + (i_even + y) ** 2
            power[half - line, lane] = (even - x) ** 2 + (i_even - y) ** 2


@numba.njit(**OPTIONS)
def _banded_sum(
    mel: Floats, power: Floats, firsts: Integers, begins: Integers, weights: Floats, first: int
) -> None:
    for band in range(mel.shape[0]):
        line = firsts[band]
        for at in range(begins[band], begins[band + 1], AT_ONCE):
            w0, w1, w2, w3 = weights[at], weights[at + 1], weights[at + 2], weights[at + 3]
            for lane in range(power.shape[1]):
                mel[band, first + lane] += (w0 * power[line, lane] + w1 * power[line + 1, lane]) + (
                    w2 * power[line + 2, lane] + w3 * power[line + 3, lane]
                )
            line += AT_ONCE
