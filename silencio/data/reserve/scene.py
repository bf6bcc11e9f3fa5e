"""Where the calls are heard: the place with its own sounds, the way to the recorder, and its microphone."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.fft import irfft, rfft, rfftfreq
from numpy.typing import NDArray

from silencio.data.reserve.chance import between, chance
from silencio.data.reserve.species import DAWN, DUSK
from silencio.data.reserve.voice import RATE, Samples

FRAME = 1024
HOP = FRAME // 2
FAST = 8192
"""Samples: transforms whose length is a multiple of it are quick."""
FREQUENCIES = rfftfreq(FRAME, 1 / RATE).astype(np.float32)
WINDOW = np.sin(np.pi * (np.arange(FRAME, dtype=np.float32) + 0.5) / FRAME)
"""Its square sums to one at this hop, so that stationary noise comes out stationary."""

Spectrum = NDArray[np.float32]


@dataclass(frozen=True)
class Microphone:
    """What a recorder adds to everything it hears."""

    low_cut: float
    high_cut: float
    tilt: float
    """dB an octave"""
    bump: float
    """Hz of its resonance"""
    bump_gain: float
    """dB"""
    self_noise: float
    """dB against the quietest forest"""

    def colour(self, frequencies: Spectrum) -> Spectrum:
        """Its gain (a factor) at some frequencies in Hz."""
        f = np.maximum(frequencies, 20)
        decibels = self.tilt * np.log2(f / 2000)
        decibels += self.bump_gain * np.exp(-((np.log2(f / self.bump) / 0.5) ** 2))
        decibels -= 10 * np.log10(1 + (self.low_cut / f) ** 4) + 10 * np.log10(1 + (f / self.high_cut) ** 8)
        return np.asarray(10 ** (decibels / 20), np.float32)


def microphone(seed: int, owner: str | int) -> Microphone:
    rng = chance(seed, "microphone", owner)
    return Microphone(
        low_cut=between(rng, (40, 250)),
        high_cut=between(rng, (9_000, 15_500)),
        tilt=float(rng.uniform(-1.5, 1.5)),
        bump=between(rng, (1_500, 7_000)),
        bump_gain=float(rng.uniform(-5, 6)),
        self_noise=float(rng.uniform(-8, 3)),
    )


@dataclass(frozen=True)
class Chorus:
    """Insects too far and too many to tell apart: a band of hiss that throbs."""

    pitch: float
    width: float
    """Hz, both"""
    throb: float
    """Hz"""
    unison: float
    """How much of the band throbs together, as a share"""
    level: float
    """dB against the forest's floor"""
    nocturnal: bool


@dataclass(frozen=True)
class Place:
    slope: float
    """dB an octave that the rumble falls by"""
    rumble: float
    """dB that it stands above the floor at 200 Hz"""
    gusts: float
    choruses: tuple[Chorus, ...]


def place(seed: int, name: str | int) -> Place:
    rng = chance(seed, "place", name)
    return Place(
        slope=float(rng.uniform(5, 9)),
        rumble=float(rng.uniform(14, 26)),
        gusts=float(rng.uniform(0.2, 0.7)),
        choruses=tuple(
            Chorus(
                pitch=between(rng, (3_300, 11_000)),
                width=between(rng, (90, 700)),
                throb=between(rng, (0.7, 14)),
                unison=float(rng.uniform(0.05, 0.6)),
                level=float(rng.uniform(-3, 7)),
                nocturnal=rank < 4,
            )
            for rank in range(6)
        ),
    )


def background(
    place: Place, microphone: Microphone, hour: float, samples: int, rng: np.random.Generator
) -> Samples:
    """[samples] of a place where nobody near is calling.

    Painted in time and frequency: the power of each frame and band is laid down, and noise is poured into it.
    """
    frames = samples // HOP + 2
    power = _forest(place, hour, frames, rng) * microphone.colour(FREQUENCIES) ** 2
    power += 10 ** (microphone.self_noise / 10)
    noise = rng.standard_normal((frames, len(FREQUENCIES), 2), np.float32).view(np.complex64)[..., 0]
    pieces = irfft(noise * np.sqrt(power), FRAME, axis=1) * WINDOW
    sound = np.zeros((frames + 1, HOP), np.float32)
    sound[:-1] += pieces[:, :HOP]
    sound[1:] += pieces[:, HOP:]
    heard = sound.ravel()[HOP : HOP + samples]
    return np.asarray(heard * (10 ** (rng.uniform(-46, -38) / 20) / heard.std()), np.float32)


def _forest(place: Place, hour: float, frames: int, rng: np.random.Generator) -> Spectrum:
    """Power [frames, bands] against a floor of about one."""
    night = not DAWN <= hour < DUSK
    seconds = np.arange(frames) * HOP / RATE
    octaves = np.log2(np.maximum(FREQUENCIES, 60) / 200)
    gusts = np.exp(place.gusts * _weather(seconds, 2.5, rng))
    # By day the air moves, and leaves with it; at night it stands.
    rumble = 10 ** ((place.rumble - place.slope * octaves - (4 if night else 0)) / 10)
    leaves = 10 ** ((-3 if night else 2) / 10) / (1 + (FREQUENCIES / 5_000) ** 2)
    power = 0.5 + _painted(gusts, rumble) + _painted(gusts**0.7, leaves)
    for chorus in place.choruses:
        if chorus.nocturnal == night:
            pitch = chorus.pitch * rng.uniform(0.97, 1.03)
            band = np.exp(-0.5 * ((FREQUENCIES - pitch) / chorus.width) ** 2)
            phase = 2 * np.pi * chorus.throb * seconds + 2.5 * _weather(seconds, 1.2, rng)
            throb = 1 + chorus.unison * np.sin(phase) * np.abs(_weather(seconds, 2, rng)).clip(0, 1)
            swell = 10 ** ((chorus.level + rng.uniform(-6, 2) + 2 * _weather(seconds, 6, rng)) / 10)
            power += _painted(throb * swell, band)
    return power


def _painted(course: NDArray[Any], band: NDArray[Any]) -> Spectrum:
    """Power [frames, bands] of a sound with this course [frames] in time and this band [bands]."""
    return np.multiply.outer(course.astype(np.float32), band.astype(np.float32))


def _weather(seconds: NDArray[np.float64], period: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Something that wanders about zero and takes `period` seconds to change."""
    knots = rng.standard_normal(int(seconds[-1] / period) + 3)
    return np.interp(seconds / period + rng.random(), np.arange(len(knots)), knots)


def hear(call: Samples, metres: float, microphone: Microphone, rng: np.random.Generator) -> Samples:
    """[samples and an echo] of a call, as it arrives and is recorded. Its level means nothing yet.

    Leaves and air take the high frequencies first, and the farther, the more of it comes by way of the trees.
    """
    echo = _echo(metres, rng)
    size = -(-(len(call) + len(echo)) // FAST) * FAST
    frequencies = rfftfreq(size, 1 / RATE).astype(np.float32)
    lost = 0.017 * metres * (frequencies / 1000) ** 1.1
    way = rfft(echo, size) * 10 ** (-lost / 20) * microphone.colour(frequencies)
    return np.asarray(irfft(rfft(call, size) * way, size)[: len(call) + len(echo)], np.float32)


def _echo(metres: float, rng: np.random.Generator) -> Samples:
    """An impulse response: the direct sound, then ever fewer reflections."""
    reverberation = rng.uniform(0.25, 0.6)
    seconds = np.arange(round(reverberation * RATE), dtype=np.float32) / RATE
    tail = rng.standard_normal(len(seconds), np.float32) * np.exp(-6.9 * seconds / reverberation)
    tail *= np.float32(min(0.9, metres / 100) / np.sqrt(np.sum(tail**2)))
    tail[0] = 1
    return tail
