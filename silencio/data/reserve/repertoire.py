"""What a species has to say: syllables, the phrase they form, and the rhythm of its repetition."""

from dataclasses import dataclass

import numpy as np

from silencio.data.reserve.chance import between, chance, spread

Bounds = tuple[float, float]


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
    """0 is a whistle, 1 a roar."""
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


@dataclass(frozen=True)
class Style:
    """The bounds within which the species of a kind differ."""

    pitch: Bounds
    seconds: Bounds
    pause: Bounds
    bend: float
    partials: int
    rolloff: float
    """dB from one harmonic to the next."""
    roughness: Bounds
    pulses: Bounds
    pulsed: float
    """Share of the syllables that are pulsed."""
    notes: tuple[int, int]
    rest: Bounds
    bout: Bounds


STYLES = {
    "songbird": Style(
        (1900, 6200), (0.06, 0.3), (0.02, 0.1), 0.5, 3, 16,
        (0.01, 0.06), (25, 45), 0.15, (2, 5), (0.12, 0.6), (1.5, 4),
    ),
    "nightbird": Style(
        (800, 1600), (0.15, 0.6), (0.05, 0.2), 0.3, 3, 18,
        (0.01, 0.05), (12, 25), 0.3, (1, 3), (0.3, 0.9), (2, 5),
    ),
    "frog": Style(
        (750, 3200), (0.05, 0.4), (0.03, 0.15), 0.15, 5, 9,
        (0.03, 0.15), (14, 60), 0.6, (1, 2), (0.15, 0.8), (2, 6),
    ),
    "mammal": Style(
        (230, 620), (0.22, 1.0), (0.05, 0.25), 0.45, 12, 4,
        (0.2, 0.6), (8, 20), 0.2, (1, 3), (0.15, 0.6), (2, 6),
    ),
    "insect": Style(
        (3900, 8600), (0.08, 1.2), (0.02, 0.2), 0.04, 2, 18,
        (0.1, 0.35), (18, 70), 0.9, (1, 2), (0.1, 0.7), (4, 10),
    ),
}  # fmt: skip


def repertoire(seed: int, style_name: str, genus: int, kin: int) -> Repertoire:
    """The repertoire of the `kin`-th species of a genus: relatives share a syllable and about the pitch."""
    style = STYLES[style_name]
    shared, own = chance(seed, style_name, genus), chance(seed, style_name, genus, kin)
    low, high = style.pitch
    # One offset for all genera of a style, so that their pitches keep apart.
    pitch = low * (high / low) ** spread(chance(seed, style_name), genus)
    heirloom = _syllable(style, shared)
    notes = int(own.integers(style.notes[0], style.notes[1] + 1))
    inventions = [_syllable(style, own) for _ in range(notes - 1)]
    phrase = [heirloom, *inventions] if kin % 2 == 0 else [*(inventions or [_syllable(style, own)]), heirloom]
    return Repertoire(
        pitch=float(pitch * 2 ** (0.15 * kin + own.uniform(-0.05, 0.05))),
        phrase=tuple(phrase),
        rest=between(own, style.rest),
        quickening=float(own.choice([1.0, 1.0, 0.8, 0.4])),
        bout=style.bout,
    )


def _syllable(style: Style, rng: np.random.Generator) -> Syllable:
    # The ripple stands for the resonances of throat or wing: it makes the timbre.
    ripple = rng.normal(0, 4, style.partials)
    decibels = ripple - ripple[0] - style.rolloff * np.arange(style.partials)
    return Syllable(
        seconds=between(rng, style.seconds),
        pause=between(rng, style.pause),
        pitch=float(2 ** rng.uniform(-style.bend, style.bend)),
        contour=tuple(float(x) for x in rng.uniform(-style.bend, style.bend, 4)),
        partials=tuple(float(x) for x in 10 ** (decibels / 20)),
        roughness=float(rng.uniform(*style.roughness)),
        pulses=between(rng, style.pulses) if rng.random() < style.pulsed else 0.0,
        attack=float(rng.uniform(0.05, 0.4)),
    )
