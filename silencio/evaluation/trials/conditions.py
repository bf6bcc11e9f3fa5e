"""Everything that is done to one window, and the sounds in which nothing calls."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from silencio.audio.decode import Samples
from silencio.data.reserve.chance import chance
from silencio.evaluation.trials import trials as modes
from silencio.evaluation.trials.codecs import re_encoded
from silencio.evaluation.trials.drawn import Sounding
from silencio.evaluation.trials.harder import band_limited, clipped, laid_over, over_noise, weakened
from silencio.evaluation.trials.noises import noise
from silencio.settings import FrontEnd
from silencio.settings.judging import Trials

GAINS_DB = (-20.0, -6.0, 6.0)
SHIFTS = (0.25, 0.5)
"""Seconds"""
LEADING_SECONDS = 0.5
EMPTY = 16
"""Windows of each kind in which nothing calls, at most."""
NOISE_LEVEL = 10 ** (-40 / 20)
"""As loud as a forest is in a usual recording."""
FAINT_LEVEL = 10 ** (-90 / 20)
"""The last of 16 bits."""


@dataclass(frozen=True)
class Trial:
    mode: str
    level: float | None
    name: str
    window: int | None
    recording: str
    labels: tuple[str, ...]
    sound: Samples
    """[samples], at most a window's."""


def trials_of(one: Sounding, others: Sequence[Sounding], settings: Trials, seed: int) -> Iterator[Trial]:
    """The window as it is, then made harder, then changed in what must not matter. `others`: all that are tried."""
    sound, drawn, rate = one.sound, one.drawn, one.front_end.sample_rate
    draws = (drawn.recording, str(drawn.start))

    def trial(
        mode: str,
        level: float | None,
        made: Samples,
        name: str = "",
        labels: tuple[str, ...] = drawn.labels,
    ) -> Trial:
        return Trial(mode, level, name, drawn.window, drawn.recording, labels, made)

    yield trial(modes.CLEAN, None, sound)
    if other := _company(one, others, seed):
        both = tuple(sorted({*drawn.labels, *other.drawn.labels}))
        over = _as_long(other.sound, len(sound))
        for decibels in settings.overlaid_db:
            yield trial(modes.OVERLAY, decibels, laid_over(sound, over, decibels), labels=both)
    hiss = noise("white", len(sound), rate, chance(seed, "hiss", *draws))
    for decibels in settings.weakened_db:
        yield trial(modes.WEAKENED, decibels, weakened(sound, hiss, decibels, rate))
    for name in settings.noises:
        around = noise(name, len(sound), rate, chance(seed, name, *draws))
        for decibels in settings.snr_db:
            yield trial(name, decibels, over_noise(sound, around, decibels))
    for share in settings.clipped:
        yield trial(modes.CLIPPED, share, clipped(sound, share))
    for hertz in settings.band_hz:
        yield trial(modes.BAND, hertz, band_limited(sound, hertz, rate))
    for codec in settings.codecs:
        yield trial(modes.CODEC, None, re_encoded(sound, rate, codec), name=codec)

    for decibels in GAINS_DB:
        yield trial(modes.GAIN, decibels, sound * np.float32(10 ** (decibels / 20)))
    for seconds in SHIFTS:
        if moved := one.moved(seconds):
            yield trial(modes.SHIFT, seconds, moved[0], labels=moved[1])
    quiet = np.zeros(round(LEADING_SECONDS * rate), np.float32)
    later = np.concatenate([quiet, sound])[: one.front_end.window_samples]
    end = drawn.start + (len(later) - len(quiet)) / rate
    yield trial(modes.LEADING, LEADING_SECONDS, later, labels=one.labels(drawn.start, end))


def empty_trials(front_end: FrontEnd, settings: Trials, seed: int) -> Iterator[Trial]:
    """Silence, digital and as faint as 16 bits can hold, and every noise without a call in it."""
    samples, rate = front_end.window_samples, front_end.sample_rate

    def trial(mode: str, name: str, number: int, sound: Samples) -> Trial:
        return Trial(mode, None, name, None, f"{mode} {name} {number}", (), sound)

    yield trial(modes.SILENCE, "digital", 0, np.zeros(samples, np.float32))
    kinds = [(modes.SILENCE, "faint", "white", FAINT_LEVEL)]
    kinds += [(modes.NOISE, name, name, NOISE_LEVEL) for name in ("white", "pink", *settings.noises)]
    for mode, name, drawn, level in kinds:
        for number in range(min(EMPTY, settings.windows)):
            sound = noise(drawn, samples, rate, chance(seed, "empty", name, number))
            yield trial(mode, name, number, sound * np.float32(level))


def _company(one: Sounding, others: Sequence[Sounding], seed: int) -> Sounding | None:
    """A window of another recording in which other species call, if any was drawn."""
    strange = [
        other
        for other in others
        if other.drawn.recording != one.drawn.recording
        and not set(other.drawn.labels) & set(one.drawn.labels)
    ]
    rng = chance(seed, "company", one.drawn.recording, str(one.drawn.start))
    return strange[int(rng.integers(len(strange)))] if strange else None


def _as_long(sound: Samples, samples: int) -> Samples:
    return np.pad(sound, (0, max(0, samples - len(sound))))[:samples]
