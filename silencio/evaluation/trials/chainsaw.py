"""A chainsaw at work: a two-stroke engine that idles, revs and cuts."""

import numpy as np
from numpy.fft import irfft, rfft, rfftfreq
from numpy.typing import NDArray

from silencio.data.reserve.chance import between
from silencio.data.reserve.voice import RATE, Samples

IDLE, FULL = (42.0, 55.0), (140.0, 215.0)
"""Explosions a second, which in a two-stroke engine are its turns."""
HARMONICS = 68
"""At full throttle they just reach 14.6 kHz."""
WAVE = 4096
"""Points of one turn's wave."""


def chainsaw(samples: int, rng: np.random.Generator) -> Samples:
    """[samples] at RATE; its level means nothing yet."""
    throttle = _throttle(samples, rng)
    idle, full = between(rng, IDLE), between(rng, FULL)
    # The load of the wood makes the speed waver.
    turns = np.cumsum((idle + (full - idle) * throttle) * (1 + 0.01 * _wander(samples, 12, rng)) / RATE)
    wave = _wave(rng)
    sound = np.interp(turns % 1, np.arange(WAVE) / WAVE, wave, period=1)
    # No explosion is quite as strong as the one before.
    strength = 1 + 0.15 * rng.standard_normal(int(turns[-1]) + 2)
    sound *= np.interp(turns, np.arange(len(strength)), strength) * (0.35 + 0.65 * throttle)
    sound += _chain(samples, turns, throttle, rng) * 0.5 * np.std(sound)
    return np.asarray(sound, np.float32)


def _throttle(samples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """[samples], from 0 (idle) to 1: bursts of about a second, with blips in between."""
    times, levels = [0.0], [float(rng.random())]
    while times[-1] < samples / RATE:
        for held, level in ((rng.uniform(0.1, 0.9), 0.05), (rng.uniform(0.3, 2.2), rng.uniform(0.7, 1))):
            times += [times[-1] + rng.uniform(0.08, 0.3), times[-1] + 0.3 + held]
            levels += [level, level]
    return np.interp(np.arange(samples) / RATE, times, levels)


def _wave(rng: np.random.Generator) -> NDArray[np.float64]:
    """One turn: harmonics that fall by 5 dB an octave, and stand out where the exhaust rings. [WAVE]"""
    number = np.arange(1, HARMONICS + 1)
    rings = sum(
        between(rng, (1.5, 5)) * np.exp(-0.5 * ((number - between(rng, (2, 30))) / rng.uniform(1, 4)) ** 2)
        for _ in range(3)
    )
    amplitudes = number**-0.83 * (1 + rings) * rng.lognormal(0, 0.3, HARMONICS)
    spectrum = np.zeros(WAVE // 2 + 1, np.complex128)
    spectrum[number] = amplitudes * np.exp(2j * np.pi * rng.random(HARMONICS))
    wave = irfft(spectrum, WAVE)
    return np.asarray(wave / wave.std())


def _chain(
    samples: int, turns: NDArray[np.float64], throttle: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """The chain's teeth in the wood: a roar from 1.5 kHz up, in the rhythm of the turns; idle, it rattles."""
    frequencies = rfftfreq(samples, 1 / RATE)
    pitch = between(rng, (2_500, 5_000))
    band = np.exp(-0.5 * (np.log2(np.maximum(frequencies, 20) / pitch) / 0.9) ** 2)
    roar = irfft(rfft(rng.standard_normal(samples)) * band, samples)
    cuts = (0.05 + throttle**2) * (1 + 0.6 * np.cos(2 * np.pi * turns)) * (1 + 0.4 * _wander(samples, 6, rng))
    return np.asarray(roar / roar.std() * cuts, np.float64)


def _wander(samples: int, hertz: float, rng: np.random.Generator) -> NDArray[np.float64]:
    knots = rng.standard_normal(int(hertz * samples / RATE) + 3).clip(-2, 2)
    return np.asarray(np.interp(np.arange(samples) * hertz / RATE, np.arange(len(knots)), knots))
