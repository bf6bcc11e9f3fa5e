"""How a species' calls change over the years: each year a little higher or lower, faster or slower."""

from dataclasses import dataclass
from datetime import datetime

from silencio.data.reserve.chance import chance

FIRST_YEAR = 2021
"""Nobody has drifted before it."""
LEARNT = {"Aves": 1.0, "Mammalia": 0.8, "Amphibia": 0.5, "Insecta": 0.4}
"""How much of the settings' drift a class goes through: who learns to call drifts more than who is born to it."""
TEMPO = 0.06
"""Share by which syllables and pauses stretch or shrink, at most, where the pitch may drift by a semitone."""


@dataclass(frozen=True)
class Dialect:
    """A species' share of the drift that the settings allow, from −1 to 1."""

    pitch: float
    tempo: float

    def semitones(self, drift: float, at: datetime) -> float:
        """How much higher than in the first year, where at most `drift` semitones a year are allowed."""
        return round(self.pitch * drift * (at.year - FIRST_YEAR), 3) + 0.0

    def slowness(self, drift: float, at: datetime) -> float:
        """How many times as long as in the first year everything takes."""
        return float((1 + self.tempo * TEMPO) ** (drift * (at.year - FIRST_YEAR)))


def dialect(seed: int, class_name: str, genus: int, kin: int) -> Dialect:
    """Of two relatives one rises and the other falls, so that the years blur what tells them apart."""
    rng = chance(seed, "dialect", class_name, genus)
    upwards = 1 if (rng.random() < 0.5) == (kin == 0) else -1
    extent, tempo = chance(seed, "dialect", class_name, genus, kin).uniform((0.5, -1), (1, 1))
    return Dialect(pitch=float(upwards * extent * LEARNT[class_name]), tempo=float(tempo))
