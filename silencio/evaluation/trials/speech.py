"""Somebody talking nearby: no words, but what makes speech, vowels that glide between formants, hisses and stops."""

import numpy as np
from numpy.fft import irfft, rfft, rfftfreq
from numpy.typing import NDArray

from silencio.data.reserve.chance import between
from silencio.data.reserve.voice import RATE, Samples

VOWELS = (
    (730, 1090, 2440),
    (270, 2290, 3010),
    (300, 870, 2240),
    (530, 1840, 2480),
    (570, 840, 2410),
    (660, 1720, 2410),
)
"""Hz: the first three formants of men's vowels, after Peterson and Barney (1952)."""
WIDTHS = (60.0, 90.0, 150.0)
"""Hz, of each formant"""
LOUDNESS = (1.0, 0.5, 0.25)
HIGHEST = 5_500.0
"""Hz: a voice has little above."""
KNOTS = 6
"""At which formants are computed within a vowel."""


def speech(samples: int, rng: np.random.Generator) -> Samples:
    """[samples] at RATE of one speaker; its level means nothing yet."""
    pitch, throat = between(rng, (90, 230)), rng.uniform(0.95, 1.2)
    pieces: list[NDArray[np.float64]] = []
    spoken = 0
    while spoken < samples:
        phrase = int(rng.integers(4, 12))
        for number in range(phrase):
            # A phrase sinks towards its end.
            height = pitch * (1.15 - 0.3 * number / phrase) * rng.lognormal(0, 0.05)
            pieces += [_consonant(rng), _vowel(height, throat, rng)]
        pieces.append(np.zeros(round(between(rng, (0.15, 0.7)) * RATE)))
        spoken = sum(map(len, pieces))
    # Nobody waits with speaking until the window begins.
    sound = np.roll(np.concatenate(pieces), -int(rng.integers(spoken)))
    return np.asarray(sound[:samples], np.float32)


def _vowel(pitch: float, throat: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """70 to 220 ms from one vowel towards another."""
    samples = round(between(rng, (0.07, 0.22)) * RATE)
    time = np.linspace(0, 1, samples)
    height = pitch * (1 + rng.uniform(-0.12, 0.12) * time)
    # Single precision is four times as fast, and exact enough once whole turns are taken away.
    phase = (2 * np.pi * (np.cumsum(height) / RATE % 1)).astype(np.float32)
    number = np.arange(1, int(HIGHEST / pitch) + 1, dtype=np.float32)[:, None]
    first, last = rng.integers(len(VOWELS), size=2)
    glide = np.linspace(0, 1, KNOTS)
    formants = throat * (np.outer(VOWELS[first], 1 - glide) + np.outer(VOWELS[last], glide))
    gains = sum(
        loud / (1 + ((number * pitch - formant) / width) ** 2) ** 0.5
        for formant, width, loud in zip(formants, WIDTHS, LOUDNESS, strict=True)
    )
    # The voice itself falls by 6 dB an octave once lips have raised it by as much.
    weights = np.maximum(0, 1 - np.abs(time * (KNOTS - 1) - np.arange(KNOTS)[:, None]))
    loudness = (gains / number).astype(np.float32) @ weights.astype(np.float32)
    voice = np.einsum("ns,ns->s", loudness, np.sin(number * phase))
    fade = np.minimum(1, np.minimum(time, 1 - time) * samples / (0.02 * RATE))
    return np.asarray(voice * fade * rng.uniform(0.6, 1) / (voice.std() + 1e-9))


def _consonant(rng: np.random.Generator) -> NDArray[np.float64]:
    """A hiss, or a stop with its burst, or, as often, none."""
    kind = rng.random()
    if kind < 0.35:
        return 0.35 * _hiss(between(rng, (0.05, 0.13)), between(rng, (2_800, 7_000)), rng)
    if kind < 0.65:
        burst = 0.6 * _hiss(0.015, between(rng, (1_000, 4_500)), rng)
        return np.concatenate([np.zeros(round(rng.uniform(0.03, 0.07) * RATE)), burst])
    return np.zeros(0)


def _hiss(seconds: float, pitch: float, rng: np.random.Generator) -> NDArray[np.float64]:
    samples = round(seconds * RATE)
    frequencies = np.maximum(rfftfreq(samples, 1 / RATE), 20)
    band = np.exp(-0.5 * (np.log2(frequencies / pitch) / 0.45) ** 2)
    noise = irfft(rfft(rng.standard_normal(samples)) * band, samples)
    return np.asarray(noise / noise.std() * np.hanning(samples) ** 0.5)
