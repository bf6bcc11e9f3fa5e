"""What is heard where nobody near is calling, painted in time and frequency.

The power of each frame and band is laid down, layer by layer, and noise is poured into it.
"""

import numpy as np
from numpy.fft import irfft, rfftfreq
from numpy.typing import NDArray

from silencio.data.reserve.chance import between
from silencio.data.reserve.hours import DAWN, DUSK
from silencio.data.reserve.microphone import Microphone, Spectrum
from silencio.data.reserve.place import Chorus, Place, Stream
from silencio.data.reserve.voice import RATE, Samples

FRAME = 1024
HOP = FRAME // 2
FREQUENCIES = rfftfreq(FRAME, 1 / RATE).astype(np.float32)
WINDOW = np.sin(np.pi * (np.arange(FRAME, dtype=np.float32) + 0.5) / FRAME)
"""Its square sums to one at this hop, so that stationary noise comes out stationary."""
FLOOR = 0.5
"""Power of the forest where it is quietest; other levels are stated against about one."""

Course = NDArray[np.floating]
"""[frames] in time, or [bands] in frequency"""


def background(
    place: Place, microphone: Microphone, hour: float, raining: bool, samples: int, rng: np.random.Generator
) -> Samples:
    """[samples] of a place at some hour of the day."""
    frames = samples // HOP + 2
    seconds = np.arange(frames) * HOP / RATE
    night = not DAWN <= hour < DUSK
    power = np.full((frames, len(FREQUENCIES)), FLOOR, np.float32)
    wind(power, place, night, seconds, rng)
    for chorus in place.choruses:
        if chorus.nocturnal == night:
            _hiss(power, chorus, seconds, rng)
    if place.stream is not None:
        _stream(power, place.stream, rng)
    if raining:
        rain(power, seconds, rng)
    _far_voices(power, hour, rng)
    power *= microphone.gain(FREQUENCIES) ** 2
    power += np.float32(10 ** (microphone.self_noise / 10))
    sound = poured(power, rng)[:samples]
    return np.asarray(sound * (10 ** (rng.uniform(-46, -38) / 20) / sound.std()), np.float32)


def poured(power: Spectrum, rng: np.random.Generator) -> Samples:
    """Noise with this power [frames, bands], overlapped and added."""
    noise = rng.standard_normal((*power.shape, 2), np.float32).view(np.complex64)[..., 0]
    pieces = irfft(noise * np.sqrt(power), FRAME, axis=1) * WINDOW
    sound = np.zeros((len(power) + 1, HOP), np.float32)
    sound[:-1] += pieces[:, :HOP]
    sound[1:] += pieces[:, HOP:]
    return sound.ravel()[HOP:]


def _paint(power: Spectrum, course: Course, band: Course) -> None:
    """Add a sound with this course [frames] in time and this band [bands]."""
    power += np.multiply.outer(course.astype(np.float32), band.astype(np.float32))


def _wander(seconds: Course, period: float, rng: np.random.Generator) -> Course:
    """Something that wanders about zero and takes `period` seconds to change."""
    knots = rng.standard_normal(int(seconds[-1] / period) + 3)
    return np.asarray(np.interp(seconds / period + rng.random(), np.arange(len(knots)), knots))


def _decibels(level: Course | float) -> Spectrum:
    return np.asarray(10 ** (np.asarray(level) / 10), np.float32)


def wind(power: Spectrum, place: Place, night: bool, seconds: Course, rng: np.random.Generator) -> None:
    """By day the air moves, and leaves with it; at night it stands."""
    octaves = np.log2(np.maximum(FREQUENCIES, 60) / 200)
    gusts = np.exp(place.gusts * _wander(seconds, 2.5, rng))
    strength = 0 if night else rng.uniform(4, 16)
    _paint(power, gusts, _decibels(place.rumble + strength - place.slope * octaves))
    _paint(power, gusts**0.7, _decibels(-3 if night else 2) / (1 + (FREQUENCIES / 5_000) ** 2))


def _hiss(power: Spectrum, chorus: Chorus, seconds: Course, rng: np.random.Generator) -> None:
    pitch = chorus.pitch * rng.uniform(0.97, 1.03)
    phase = 2 * np.pi * chorus.throb * seconds + 2.5 * _wander(seconds, 1.2, rng)
    throb = 1 + chorus.unison * np.sin(phase) * np.abs(_wander(seconds, 2, rng)).clip(0, 1)
    swell = _decibels(chorus.level + rng.uniform(-6, 2) + 2 * _wander(seconds, 6, rng))
    _paint(power, throb * swell, np.exp(-0.5 * ((FREQUENCIES - pitch) / chorus.width) ** 2))


def _stream(power: Spectrum, stream: Stream, rng: np.random.Generator) -> None:
    """Bubbles ring for a moment in a narrow band: blots of about 30 ms by 160 Hz, on what flows steadily."""
    octaves = np.log2(np.maximum(FREQUENCIES, 60) / stream.pitch)
    band = _decibels(stream.level - 2.5 * np.where(octaves > 0, 1.6, 3) * np.abs(octaves))
    frames, bands = power.shape
    blots = rng.standard_exponential((frames // 2 + 1, bands // 5 + 1), np.float32) ** 1.5
    power += band * (0.5 + 0.4 * np.repeat(np.repeat(blots, 2, axis=0)[:frames], 5, axis=1)[:, :bands])


def rain(power: Spectrum, seconds: Course, rng: np.random.Generator) -> None:
    """A roar of far drops, and those that hit a leaf nearby: clicks over the whole spectrum, each with its own tilt."""
    roar = rng.uniform(2, 14)
    octaves = np.log2(np.maximum(FREQUENCIES, 100) / 2000)
    shower = roar + 1.2 * _wander(seconds, 2, rng)
    _paint(power, _decibels(shower), _decibels(-rng.uniform(1.5, 4) * octaves))
    for tilt in (-6, -3, 0, 2):
        drops = rng.poisson(between(rng, (0.04, 0.6)), len(seconds))
        _paint(power, drops * _decibels(shower + rng.normal(-2, 3, len(seconds))), _decibels(tilt * octaves))


def _far_voices(power: Spectrum, hour: float, rng: np.random.Generator) -> None:
    """Birds, or frogs at night, too far to be told: most about dawn, fewest at noon. Each repeats its motif."""
    day = DAWN <= hour < DUSK
    eagerness = 1 + 5 * np.exp(-(((hour - DAWN) / 2) ** 2)) + 2 * np.exp(-(((hour - DUSK) / 1.5) ** 2))
    for _ in range(rng.poisson(1.5 * eagerness if day else 1.2)):
        motif = _motif(between(rng, (1_800, 7_000) if day else (800, 3_500)), day, rng)
        level = _decibels(rng.uniform(-4, 13))
        pause = between(rng, (1.2, 6)) if day else between(rng, (0.3, 2))
        start = rng.uniform(0, pause)
        while start < len(power) * HOP / RATE:
            place = power[round(start * RATE / HOP) :][: len(motif)]
            place += level * np.float32(rng.uniform(0.3, 1)) * motif[: len(place)]
            start += pause * rng.lognormal(0, 0.25)


def _motif(pitch: float, day: bool, rng: np.random.Generator) -> Spectrum:
    """Power [frames, bands] of a few notes, blurred by the way they came."""
    pictures = []
    for _ in range(int(rng.integers(1, 5))):
        frames = int(rng.integers(4, 16)) if day else int(rng.integers(2, 6))
        bend = rng.uniform(-0.35, 0.35) if day else 0.0
        course = pitch * 2 ** (rng.uniform(-0.3, 0.3) * day + bend * np.linspace(-1, 1, frames))
        note = np.exp(-0.5 * ((FREQUENCIES - course[:, None]) / rng.uniform(40, 110)) ** 2)
        pictures += [note, np.zeros((int(rng.integers(1, 6)), len(FREQUENCIES)))]
    picture = np.concatenate([*pictures, np.zeros((12, len(FREQUENCIES)))])
    echo = 0.72 ** np.arange(12)
    blurred = sum(echo[n] * np.pad(picture, ((n, 0), (0, 0)))[: len(picture)] for n in range(12))
    return np.asarray(blurred, np.float32)
