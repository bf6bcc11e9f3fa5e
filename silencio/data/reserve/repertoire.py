"""What a species has to say: syllables, the phrase they form, and the rhythm of its repetition."""

from dataclasses import dataclass, replace

import numpy as np

from silencio.data.reserve.chance import between, chance, spread
from silencio.data.reserve.kinds import KINDS, Bounds, Kind


@dataclass(frozen=True)
class Syllable:
    seconds: float
    pause: float
    """Seconds of silence after it."""
    pitch: float
    """Relative to the species' own."""
    contour: tuple[float, ...]
    """Octaves above the pitch: the control points of a Bézier curve, evenly spaced in time."""
    partials: tuple[float, ...]
    """Amplitude of the fundamental, of the second harmonic, …"""
    roughness: float
    """How much noise shakes the loudness: 0 is a whistle, 1 a roar."""
    width: float
    """Octaves by which noise shakes the pitch: from 0.1 on a band of hiss."""
    pulses: float
    """Pulses a second within the syllable; 0 for none."""
    attack: float
    """Share of the syllable that its onset takes."""


@dataclass(frozen=True)
class Repertoire:
    pitch: float
    """Hz"""
    phrase: tuple[Syllable, ...]
    rest: float
    """Seconds between phrases."""
    quickening: float
    """How much shorter the rests are at the end of a bout than at its start, as a ratio."""
    bout: Bounds
    """Seconds that a bout lasts."""


def repertoire(seed: int, kind_name: str, genus: int, kin: int) -> Repertoire:
    """The repertoire of the `kin`-th species of a kind's genus: relatives share a syllable and about the pitch."""
    kind = KINDS[kind_name]
    shared, own = chance(seed, kind_name, genus), chance(seed, kind_name, genus, kin)
    low, high = kind.pitch
    # One offset for all genera of a kind, so that their pitches keep apart.
    pitch = low * (high / low) ** spread(chance(seed, kind_name), genus)
    heirloom = _syllable(kind, shared)
    notes = int(own.integers(kind.notes[0], kind.notes[1] + 1))
    inventions = [_syllable(kind, own) for _ in range(notes - 1)]
    # A phrase of one syllable would make twins of relatives, were it the shared one for both.
    phrase = [heirloom, *inventions] if kin == 0 else [*(inventions or [_syllable(kind, own)]), heirloom]
    return Repertoire(
        pitch=float(pitch * 2 ** (0.15 * kin + own.uniform(-0.05, 0.05))),
        phrase=tuple(phrase[:-1]) + _series(phrase[-1], kind, own),
        rest=between(own, kind.rest),
        quickening=float(own.choice([1.0, 1.0, 0.8, 0.4])),
        bout=kind.bout,
    )


def _series(syllable: Syllable, kind: Kind, rng: np.random.Generator) -> tuple[Syllable, ...]:
    """A syllable as often as its kind repeats it, each time a little higher or lower."""
    repeats = int(rng.integers(kind.repeats[0], kind.repeats[1] + 1))
    step = rng.uniform(*kind.fall)
    return tuple(replace(syllable, pitch=float(syllable.pitch * 2 ** (step * n))) for n in range(repeats))


def _syllable(kind: Kind, rng: np.random.Generator) -> Syllable:
    # The ripple stands for the resonances of throat or wing: it makes the timbre.
    ripple = rng.normal(0, 4, kind.partials)
    decibels = ripple - ripple[0] - kind.rolloff * np.arange(kind.partials)
    return Syllable(
        seconds=between(rng, kind.seconds),
        pause=between(rng, kind.pause),
        pitch=float(2 ** rng.uniform(-kind.bend, kind.bend)),
        contour=tuple(float(x) for x in rng.uniform(-kind.bend, kind.bend, 4)),
        partials=tuple(float(x) for x in 10 ** (decibels / 20)),
        roughness=float(rng.uniform(*kind.roughness)),
        width=float(rng.uniform(*kind.width)),
        pulses=between(rng, kind.pulses) if rng.random() < kind.pulsed else 0.0,
        attack=float(rng.uniform(0.05, 0.4)),
    )
