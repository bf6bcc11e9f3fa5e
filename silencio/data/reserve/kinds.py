"""The kinds of animals, each named as in `names.py`, and the bounds within which the species of a kind differ."""

from dataclasses import dataclass

Bounds = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Kind:
    pitch: Bounds
    """Hz"""
    seconds: Bounds
    """Of a syllable."""
    pause: Bounds = (0.03, 0.12)
    """Seconds after a syllable."""
    bend: float
    """Octaves that a syllable strays from the pitch, at most."""
    partials: int = 3
    rolloff: float = 16
    """dB from one harmonic to the next."""
    roughness: Bounds = (0.01, 0.05)
    width: Bounds = (0.0, 0.005)
    """Octaves that noise spreads a partial by."""
    pulses: Bounds = (12, 30)
    """A second."""
    pulsed: float = 0.0
    """Share of the syllables that are pulsed."""
    notes: tuple[int, int] = (1, 3)
    """Different syllables in a phrase."""
    repeats: tuple[int, int] = (1, 1)
    """How often the last of them is sung: from two on a series, from ten on a trill."""
    fall: Bounds = (0.0, 0.0)
    """Octaves from one repeat to the next."""
    rest: Bounds = (0.3, 1.0)
    """Seconds between phrases."""
    bout: Bounds = (2, 5)
    """Seconds"""


KINDS = {
    # Birds: whistled series, warbles, trills, slurs with an edge, churring and laments in the night.
    "wrenlet": Kind(
        pitch=(2500, 6200), seconds=(0.04, 0.22), pause=(0.01, 0.06), bend=0.55, pulses=(25, 45), pulsed=0.12,
        notes=(4, 7), bout=(1.5, 4),
    ),
    "nightjar": Kind(
        pitch=(900, 2100), seconds=(0.15, 0.5), bend=0.4, pulsed=0.3, roughness=(0.01, 0.1),
    ),
    "flycatcher": Kind(
        pitch=(2300, 4800), seconds=(0.08, 0.35), bend=0.5, partials=5, rolloff=9, roughness=(0.08, 0.25),
        pulses=(40, 90), pulsed=0.35, notes=(1, 3), rest=(0.4, 1.2), bout=(1.5, 4),
    ),
    "antpitta": Kind(
        pitch=(800, 2000), seconds=(0.1, 0.3), pause=(0.06, 0.2), bend=0.08, rolloff=20, notes=(1, 2),
        repeats=(4, 10), fall=(-0.03, 0.03), rest=(0.8, 2),
    ),
    "potoo": Kind(
        pitch=(500, 1100), seconds=(0.35, 0.9), pause=(0.1, 0.3), bend=0.3, rolloff=20, notes=(2, 4),
        rest=(0.8, 2),
    ),
    "puffbird": Kind(
        pitch=(1800, 3800), seconds=(0.04, 0.1), pause=(0.01, 0.04), bend=0.25, notes=(1, 2), repeats=(8, 20),
        fall=(-0.05, 0.02), rest=(0.5, 1.5),
    ),
    # Frogs: pulsed croaks, peeps and ticks, series of them, long trills.
    "tree frog": Kind(
        pitch=(900, 2400), seconds=(0.1, 0.4), bend=0.1, partials=5, rolloff=9, roughness=(0.05, 0.25),
        pulses=(35, 110), pulsed=1, notes=(1, 2), rest=(0.2, 0.9), bout=(2, 6),
    ),
    "stream frog": Kind(
        pitch=(2000, 4200), seconds=(0.05, 0.16), bend=0.15, partials=2, notes=(1, 2), repeats=(2, 5),
        rest=(0.3, 0.9), bout=(2, 6),
    ),
    "rain frog": Kind(
        pitch=(1500, 3200), seconds=(0.03, 0.12), bend=0.2, notes=(1, 2), repeats=(1, 3), rest=(0.4, 1.2),
        bout=(2, 6),
    ),
    "rocket frog": Kind(
        pitch=(2900, 5200), seconds=(0.03, 0.07), pause=(0.03, 0.08), bend=0.15, partials=2, notes=(1, 1),
        repeats=(6, 20), rest=(0.3, 0.8), bout=(2, 6),
    ),
    "glass frog": Kind(
        pitch=(3700, 6200), seconds=(0.03, 0.2), bend=0.08, partials=2, pulses=(30, 60), pulsed=0.5,
        notes=(1, 2), rest=(0.5, 1.2), bout=(2, 6),
    ),
    "toadlet": Kind(
        pitch=(900, 2200), seconds=(0.5, 1.8), bend=0.05, pulses=(15, 45), pulsed=1, notes=(1, 1),
        rest=(0.4, 1.2), bout=(3, 7),
    ),
    # Mammals: roars, duets, long whistles, barks and whoops.
    "howler": Kind(
        pitch=(200, 480), seconds=(0.25, 1.1), pause=(0.05, 0.25), bend=0.4, partials=14, rolloff=4,
        roughness=(0.3, 0.7), width=(0.01, 0.05), pulses=(8, 20), pulsed=0.2, rest=(0.15, 0.6), bout=(2, 6),
    ),
    "titi": Kind(
        pitch=(350, 800), seconds=(0.12, 0.4), bend=0.4, partials=10, rolloff=5, roughness=(0.1, 0.3),
        notes=(1, 2), repeats=(3, 7), fall=(-0.04, 0.06),
    ),
    "tamarin": Kind(
        pitch=(2600, 5200), seconds=(0.3, 0.9), pause=(0.05, 0.2), bend=0.25, partials=4, rolloff=12,
        notes=(2, 4), rest=(0.6, 1.8),
    ),
    "squirrel": Kind(
        pitch=(600, 1600), seconds=(0.04, 0.12), pause=(0.08, 0.3), bend=0.4, partials=8, rolloff=5,
        roughness=(0.4, 0.8), width=(0.02, 0.06), notes=(1, 2), repeats=(3, 9),
    ),
    "olingo": Kind(
        pitch=(500, 1100), seconds=(0.25, 0.6), bend=0.35, partials=5, rolloff=9, roughness=(0.1, 0.3),
        notes=(2, 3),
    ),
    # Insects: what a scraper draws over a file, from clean chirps to bands of noise.
    "katydid": Kind(
        pitch=(5600, 9200), seconds=(0.05, 0.3), bend=0.04, partials=1, roughness=(0.4, 0.9),
        width=(0.06, 0.25), pulses=(15, 50), pulsed=0.8, notes=(1, 2), repeats=(1, 4), rest=(0.2, 0.9),
        bout=(4, 9),
    ),
    "cicada": Kind(
        pitch=(3800, 7200), seconds=(1, 2.8), bend=0.05, partials=2, roughness=(0.4, 0.8), width=(0.06, 0.2),
        pulses=(60, 140), pulsed=1, notes=(1, 2), rest=(0.2, 0.8), bout=(5, 10),
    ),
    "bush cricket": Kind(
        pitch=(3200, 5600), seconds=(0.15, 0.6), bend=0.03, partials=2, roughness=(0.05, 0.2),
        pulses=(25, 60), pulsed=1, notes=(1, 2), rest=(0.15, 0.7), bout=(4, 10),
    ),
    "mole cricket": Kind(
        pitch=(1800, 3200), seconds=(1.2, 3), bend=0.02, partials=2, roughness=(0.05, 0.2), pulses=(45, 90),
        pulsed=1, notes=(1, 1), rest=(0.2, 0.7), bout=(5, 10),
    ),
    "cone-head": Kind(
        pitch=(7000, 10_500), seconds=(0.7, 2.2), bend=0.02, partials=1, roughness=(0.3, 0.7),
        width=(0.03, 0.1), pulses=(50, 140), pulsed=1, notes=(1, 1), rest=(0.2, 0.6), bout=(5, 10),
    ),
}  # fmt: skip
