"""What drowns calls, or sounds where nothing calls: [samples] at any rate, from the same draws at all of them."""

from collections.abc import Callable, Mapping

import numpy as np
import soxr
from numpy.fft import irfft, rfft, rfftfreq

from silencio.audio.decode import Samples
from silencio.data.reserve.background import FREQUENCIES, HOP, poured
from silencio.data.reserve.background import rain as paint_rain
from silencio.data.reserve.background import wind as paint_wind
from silencio.data.reserve.place import place
from silencio.data.reserve.voice import RATE
from silencio.evaluation.trials.chainsaw import chainsaw
from silencio.evaluation.trials.speech import speech


def noise(name: str, samples: int, rate: int, rng: np.random.Generator) -> Samples:
    """[samples] at `rate` in Hz, of mean power 1."""
    drawn = NOISES[name](-(-samples * RATE // rate), rng)
    if rate != RATE:
        drawn = soxr.resample(drawn, RATE, rate, quality="HQ")
    heard = np.pad(drawn, (0, max(0, samples - len(drawn))))[:samples]
    return np.asarray(heard / np.sqrt(np.mean(np.square(heard, dtype=np.float64))), np.float32)


def _white(samples: int, rng: np.random.Generator) -> Samples:
    return rng.standard_normal(samples, np.float32)


def _pink(samples: int, rng: np.random.Generator) -> Samples:
    """3 dB less an octave, from 20 Hz on."""
    frequencies = np.maximum(rfftfreq(samples, 1 / RATE), 20)
    return np.asarray(irfft(rfft(rng.standard_normal(samples)) / np.sqrt(frequencies), samples), np.float32)


def _wind(samples: int, rng: np.random.Generator) -> Samples:
    """By day, when it blows, at a place of its own."""
    power, seconds = _nothing(samples)
    paint_wind(power, place(int(rng.integers(2**31)), "trials", 0.0), False, seconds, rng)
    return poured(power, rng)[:samples]


def _rain(samples: int, rng: np.random.Generator) -> Samples:
    power, seconds = _nothing(samples)
    paint_rain(power, seconds, rng)
    return poured(power, rng)[:samples]


def _nothing(samples: int) -> tuple[Samples, Samples]:
    """Power to paint on, [frames, bands], and when each frame is, in seconds, [frames]."""
    frames = samples // HOP + 2
    return np.zeros((frames, len(FREQUENCIES)), np.float32), np.arange(frames) * np.float32(HOP / RATE)


NOISES: Mapping[str, Callable[[int, np.random.Generator], Samples]] = {
    "white": _white,
    "pink": _pink,
    "wind": _wind,
    "rain": _rain,
    "chainsaw": chainsaw,
    "speech": speech,
}
"""By name, [samples] at RATE of any level."""
