"""Whether people seem to speak in a recording, told cheaply from its samples.

ear = Ear(rate)      # takes the samples as they come
if ear.speak(): ...  # by whoever has time for it

A voice is a chain of syllables: for a twentieth to half a second each, the sound below 1,500 Hz repeats itself 80 to
400 times a second, and then does not. docs/feedback.md says how often this misses and how often it is wrong.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

LOWEST_RATE = 4_000
"""Every so many samples are one, so that no fewer a second are left than this."""
BAND_HZ = (80, 1_500)
PITCH_HZ = (80, 400)
FRAME_SECONDS, HOP_SECONDS = 0.064, 0.032
STRETCH_SECONDS = 5.0
"""Judged together: who says one sentence in a minute speaks."""
HARMONIC = 0.6
"""How like itself, one period later, a voiced frame is at least."""
QUIET_DB = 20.0
"""Below a stretch's loudest twentieth: such frames are the pauses."""
SYLLABLE_SECONDS = (0.05, 0.5)
SYLLABLES = 4
"""In a stretch, at least."""
MEAN_HARMONIC = 0.6
"""Of all frames that are not quiet: wind and hum are now and then harmonic by chance, voices most of the time."""
DOUBT = 0.1
"""By how much less than that every second frame alone may be harmonic."""
OCTAVES = 0.5
"""How far apart, as a standard deviation, the pitches of one speaker are at most."""
SILENCE = 1e-8
"""Power: what is fainter is nothing."""
BLOCKS = 6
"""Of as many samples as become one, that the filter before it is long."""
ROW = 8
"""Samples that are left of a row: a product with rows is the fastest filter. Two rows hold all that they come from."""
LATER_SECONDS = 10.0
"""Of pieces may wait to be heard: they take eight times the room."""
FINENESS = np.float32(2**15 - 1)
"""Steps from silence to the loudest sample, of what is handed to another process."""
SHEET = 64
"""Rows of one product: of larger ones the library for them makes several threads, which on full cores wait for each
other a hundred times as long as they compute."""


@dataclass(frozen=True)
class _Plan:
    """What depends on the rate of the samples alone."""

    every: int
    filter: Floats
    """[samples of a row, ROW that begin in it and ROW that began in the row before]"""
    window: Floats
    """[samples of a frame]"""
    hop: int
    transform: int
    band: slice
    """Of the transform's frequencies: a voice's."""
    lags: slice
    cosines: Floats
    """[band, lags and one more at either end]: from powers to how like itself a frame is so much later, freed from
    what the window alone does to that."""


class _Periods(NamedTuple):
    """Of each frame, [frames]."""

    likeness: Floats
    """How like itself it is one period later."""
    lag: Floats
    """That period, in samples."""
    power: Floats


class Ear:
    """Given a recording piece by piece, mono, within -1 … 1, and later asked whether people speak in it.

    The pieces wait as they are until somebody has time to hear them; of what was heard, an eighth of 32 kHz stays, and
    half of that goes to another process. Threads may share one once all is given.
    """

    def __init__(self, rate: int, later: float = LATER_SECONDS) -> None:
        """Of pieces so many seconds may wait. Among many recordings none should: what waits of one takes the room of
        the next, and that costs more than to hear it while it is near."""
        self._rate = rate
        self._later = later
        self._plan = _plan(rate)
        self._pieces: list[Floats] = []
        self._lows: list[Floats] = []
        self._rest = np.zeros(0, np.float32)
        self._begun = np.zeros(0, np.float32)
        self._lock = threading.Lock()

    def __call__(self, samples: Floats) -> None:
        """[samples]: what comes next. They are not copied: who gives them must not write over them."""
        self._pieces.append(samples)
        if sum(map(len, self._pieces)) > self._later * self._rate:
            self.hear()

    def hear(self) -> None:
        """What waits."""
        with self._lock:
            for samples in self._pieces:
                self._hear(samples)
            self._pieces = []

    @property
    def nbytes(self) -> int:
        """In memory."""
        return sum(samples.nbytes for samples in self._pieces + self._lows)

    def lows(self) -> Floats:
        """Of all that came, about LOWEST_RATE a second: [samples]."""
        self.hear()
        return np.concatenate([np.zeros(0, np.float32), *self._lows])

    def speak(self) -> bool:
        """Whether people seem to, in any stretch."""
        lows, plan = self.lows(), self._plan
        if len(lows) < len(plan.window):
            return False
        frames = np.lib.stride_tricks.sliding_window_view(lows, len(plan.window))[:: plan.hop]
        stretch = round(STRETCH_SECONDS / HOP_SECONDS)
        return any(_spoken(frames[start : start + stretch], plan) for start in range(0, len(frames), stretch))

    def __reduce__(self) -> "tuple[Callable[..., Ear], tuple[int, NDArray[np.int16], np.float32]]":
        lows = self.lows()
        step = np.abs(lows).max(initial=SILENCE) / FINENESS
        return _heard, (self._rate, (lows / step).astype(np.int16), step)

    def _hear(self, samples: Floats) -> None:
        row = len(self._plan.filter)
        # A recording is not copied for this: only the row that lies in two pieces is put together.
        missing = row - len(self._rest)
        first, samples = np.concatenate([self._rest, samples[:missing]]), samples[missing:]
        if len(first) < row:
            self._rest = first
            return
        count = len(samples) // row
        parts = _in_rows(first, samples[: count * row], self._plan)
        self._rest = samples[count * row :].copy()
        # A sample that begins in a row ends in the next.
        lows = parts[:, ROW:].copy()
        lows[1:] += parts[:-1, :ROW]
        if len(self._begun):
            lows[0] += self._begun
        else:
            lows = lows[1:]
        self._begun = parts[-1, :ROW].copy()
        self._lows.append(lows.reshape(-1))


def _heard(rate: int, steps: NDArray[np.int16], step: np.float32) -> Ear:
    ear = Ear(rate)
    ear._lows = [steps * step]
    return ear


def speaks(samples: Floats, rate: int) -> bool:
    """Mono, [samples], within -1 … 1."""
    ear = Ear(rate)
    ear(samples)
    return ear.speak()


def _spoken(frames: Floats, plan: _Plan) -> bool:
    """[frames, samples] of one stretch."""
    glance = _periods(frames[::2] * plan.window, plan)
    loud = _loud(glance.power)
    # No syllable falls between every second frame, nor are the others that much more of a voice: most of what a forest
    # says ends here.
    if np.count_nonzero(_voiced(glance.likeness, loud)) < SYLLABLES:
        return False
    if glance.likeness[loud].mean() < MEAN_HARMONIC - DOUBT:
        return False
    rest = _periods(frames[1::2] * plan.window, plan)
    likeness, lag, power = (_in_turn(one, other) for one, other in zip(glance, rest, strict=True))
    loud = _loud(power)
    voiced = _voiced(likeness, loud)
    edges = np.flatnonzero(np.diff(voiced, prepend=False, append=False))
    seconds = (edges[1::2] - edges[::2]) * HOP_SECONDS
    syllables = np.count_nonzero((seconds >= SYLLABLE_SECONDS[0]) & (seconds <= SYLLABLE_SECONDS[1]))
    if syllables < SYLLABLES or likeness[loud].mean() < MEAN_HARMONIC:
        return False
    return bool(np.std(np.log2(lag[voiced])) < OCTAVES)


def _loud(power: Floats) -> NDArray[np.bool_]:
    """Which frames are no pauses."""
    rank = len(power) - 1 - len(power) // 20
    loudest = float(np.partition(power, rank)[rank])
    return np.asarray(power > max(loudest / 10 ** (QUIET_DB / 10), SILENCE))


def _voiced(likeness: Floats, loud: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return loud & (likeness > HARMONIC)


def _in_turn(one: Floats, other: Floats) -> Floats:
    both = np.empty(len(one) + len(other), one.dtype)
    both[::2], both[1::2] = one, other
    return both


def _periods(frames: Floats, plan: _Plan) -> _Periods:
    spectrum = np.fft.rfft(frames, plan.transform)[:, plan.band]
    power = spectrum.real**2 + spectrum.imag**2
    own = power.sum(axis=1)
    alike = power @ plan.cosines
    inner = alike[:, 1:-1]
    # A peak, not the slope of a sound that is lower or higher than any voice.
    peak = (inner > alike[:, :-2]) & (inner >= alike[:, 2:])
    best = np.where(peak, inner, 0)
    # The power: negative frequencies have as much again.
    return _Periods(
        best.max(axis=1) / np.maximum(own, SILENCE),
        (plan.lags.start + best.argmax(axis=1)).astype(np.float32),
        2 * own / (plan.transform * len(plan.window)),
    )


def _in_rows(first: Floats, others: Floats, plan: _Plan) -> Floats:
    """Whole rows to [rows, 2 ROW]: what each has of samples that begin in it, and of those that began before it."""
    row = len(plan.filter)
    parts = np.empty((1 + len(others) // row, 2 * ROW), np.float32)
    np.matmul(first, plan.filter, out=parts[0])
    sheets = len(others) // row // SHEET
    whole = sheets * SHEET * row
    np.matmul(
        others[:whole].reshape(sheets, SHEET, row),
        plan.filter,
        out=parts[1 : 1 + sheets * SHEET].reshape(sheets, SHEET, 2 * ROW),
    )
    np.matmul(others[whole:].reshape(-1, row), plan.filter, out=parts[1 + sheets * SHEET :])
    return parts


@cache
def _plan(rate: int) -> _Plan:
    every = max(1, rate // LOWEST_RATE)
    left = rate / every
    # Up to where the band ends, if what is left reaches that far.
    edge = min(BAND_HZ[1] + 100.0, 0.4 * left)
    taps = _low_pass(BLOCKS * every, edge / rate)
    frame = round(FRAME_SECONDS * left)
    lags = slice(round(left / PITCH_HZ[1]), round(left / PITCH_HZ[0]) + 1)
    transform = _fast(frame + lags.stop + 1)
    window = np.hanning(frame).astype(np.float32)
    first, last = (round(hertz * transform / left) for hertz in BAND_HZ)
    taper = np.fft.irfft(np.abs(np.fft.rfft(window, transform)) ** 2, transform)
    later = np.arange(lags.start - 1, lags.stop + 1)
    cosines = (
        np.cos(2 * np.pi * np.outer(np.arange(first, last + 1), later) / transform) * taper[0] / taper[later]
    )
    return _Plan(
        every=every,
        filter=_beside(taps, every),
        window=window,
        hop=round(HOP_SECONDS * left),
        transform=transform,
        band=slice(first, last + 1),
        lags=lags,
        cosines=cosines.astype(np.float32),
    )


def _low_pass(length: int, edge: float) -> Floats:
    """[length]: the taps of a filter with a Hamming window; `edge` is a share of the rate."""
    from_middle = np.arange(length) - (length - 1) / 2
    taps = np.sinc(2 * edge * from_middle) * np.hamming(length)
    even: Floats = (taps / taps.sum()).astype(np.float32)
    return even


def _beside(taps: Floats, every: int) -> Floats:
    """As `_Plan.filter`."""
    row = ROW * every
    two_rows = np.zeros((2 * row, ROW), np.float32)
    for sample in range(ROW):
        two_rows[sample * every : sample * every + len(taps), sample] = taps
    return np.concatenate([two_rows[:row], two_rows[row:]], axis=1)


def _fast(length: int) -> int:
    """The next length that a transform takes little for: a product of twos, threes and fives."""
    while True:
        rest = length
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return length
        length += 1
