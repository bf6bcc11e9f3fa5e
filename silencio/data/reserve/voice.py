"""One animal calling: from a repertoire to samples."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from silencio.data.reserve.repertoire import Repertoire, Syllable

Samples = NDArray[np.float32]
"""[samples] at RATE"""

RATE = 32_000
HIGHEST = 0.47 * RATE
"""Hz: no partial comes closer to the Nyquist frequency."""


@dataclass(frozen=True)
class Singer:
    """An individual: its species' repertoire, a little higher or slower than its neighbours'."""

    repertoire: Repertoire
    pitch: float
    """Hz"""
    tempo: float
    """How many times as long as usual everything takes."""


def individual(repertoire: Repertoire, semitones: float, slowness: float, rng: np.random.Generator) -> Singer:
    """One whose dialect is so many semitones high, and takes so many times as long."""
    pitch = repertoire.pitch * 2 ** (semitones / 12 + rng.normal(0, 0.03))
    return Singer(repertoire, float(pitch), slowness * float(rng.lognormal(0, 0.06)))


def sing(singer: Singer, rng: np.random.Generator) -> Samples:
    """One bout, its loudest sample at ±1, from the first sample that sounds to the last."""
    repertoire = singer.repertoire
    length = round(rng.uniform(*repertoire.bout) * RATE)
    notes: list[Samples] = []
    sung = 0
    while sung < length:
        progress = sung / length
        # Now and then a phrase is broken off before its last syllable.
        whole = rng.random() > 0.12 or len(repertoire.phrase) == 1
        for syllable in repertoire.phrase if whole else repertoire.phrase[:-1]:
            notes += [_note(syllable, singer, rng), _silence(syllable.pause * singer.tempo, 0.08, rng)]
        rest = repertoire.rest * singer.tempo * repertoire.quickening**progress
        notes.append(_silence(rest, 0.15, rng))
        sung = sum(map(len, notes))
    bout = np.concatenate(notes[:-2])  # without the last pauses
    # Animals warm up and run out of breath.
    start, end = rng.uniform(0.35, 1, 2)
    bout *= np.interp(np.linspace(0, 1, len(bout)), [0, 0.4, 1], [start, 1, end])
    return np.asarray(bout / np.abs(bout).max(), np.float32)


def _note(syllable: Syllable, singer: Singer, rng: np.random.Generator) -> Samples:
    samples = round(syllable.seconds * singer.tempo * float(rng.lognormal(0, 0.05)) * RATE)
    time = np.linspace(0, 1, samples, dtype=np.float32)
    octaves = _bezier(np.array(syllable.contour) + rng.normal(0, 0.015, len(syllable.contour)), time)
    octaves += 0.06 * syllable.roughness * _drift(samples, 400, rng) + rng.normal(0, 0.012)
    if syllable.width:
        octaves += syllable.width * np.clip(_drift(samples, 1500, rng), -2, 2)
    pitch = singer.pitch * syllable.pitch * np.exp2(octaves)
    # In double precision: over a second, single precision would lose the phase.
    phase = np.cumsum(2 * np.pi / RATE * pitch, dtype=np.float64)
    audible = int(HIGHEST / pitch.max())
    note = _harmonics((phase % (2 * np.pi)).astype(np.float32), syllable.partials[: max(1, audible)])
    note *= 1 - syllable.roughness + syllable.roughness * _drift(samples, 900, rng)
    if syllable.pulses:
        cycles = syllable.pulses / singer.tempo * samples / RATE * time
        note *= (0.52 - 0.48 * np.cos(2 * np.pi * cycles)) ** 2
    return note * _envelope(time, syllable.attack) * np.float32(10 ** (rng.normal(0, 1.5) / 20))


def _harmonics(phase: Samples, amplitudes: tuple[float, ...]) -> Samples:
    """sin nx follows from the two before it (Chebyshev), which is faster than a sine for each."""
    double_cosine = 2 * np.cos(phase)
    before, sine = np.zeros_like(phase), np.sin(phase)
    note = np.float32(amplitudes[0]) * sine
    for amplitude in amplitudes[1:]:
        before, sine = sine, double_cosine * sine - before
        note += np.float32(amplitude) * sine
    return note


def _envelope(time: Samples, attack: float) -> Samples:
    """A swell and a fade without corners; most of the decay lies in the last third."""
    swell = np.sin(np.pi / 2 * np.minimum(time / attack, 1)) ** 2
    fade = np.sin(np.pi / 2 * np.minimum((1 - time) / 0.35, 1)) ** 2
    return np.asarray(swell * fade * (1 - 0.4 * time), np.float32)


def _bezier(points: NDArray[np.float64], time: Samples) -> Samples:
    """De Casteljau's construction."""
    curves = [np.full_like(time, point) for point in points]
    while len(curves) > 1:
        curves = [a + time * (b - a) for a, b in pairwise(curves)]
    return curves[0]


def _drift(samples: int, hertz: float, rng: np.random.Generator) -> Samples:
    """Noise of unit variance at its knots that holds nothing much above `hertz`."""
    knots = rng.standard_normal(2 + int(2 * hertz * samples / RATE))
    return np.interp(np.linspace(0, len(knots) - 1, samples), np.arange(len(knots)), knots).astype(np.float32)


def _silence(seconds: float, jitter: float, rng: np.random.Generator) -> Samples:
    return np.zeros(max(1, round(seconds * float(rng.lognormal(0, jitter)) * RATE)), np.float32)
