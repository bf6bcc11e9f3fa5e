"""Days in a made-up forest: recorders with colours of their own, parts of the day, weather that whole days share."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from silencio.monitoring.heard import Heights, Observed
from silencio.monitoring.reference import Reference, reference_of
from silencio.monitoring.spectrum import BANDS, CALL_BANDS
from silencio.settings import FrontEnd

FIRST = datetime(2025, 1, 6)
"""A Monday."""
CODES = ("owl", "wren", "toad", "cricket", "monkey")
FRONT_END = FrontEnd()


@dataclass(frozen=True)
class Forest:
    """`alike`: the share of the variance that a whole day has in common; `rain`: the share of days that it falls on
    all day, on which everything sounds otherwise."""

    seed: int
    recorders: int = 5
    alike: float = 0.1
    rain: float = 0.05

    def day(self, number: int, recordings: int = 24) -> list[Observed]:
        """Equal numbers give equal days."""
        fixed = np.random.default_rng([self.seed])
        colours = fixed.normal(0, 4, (self.recorders, BANDS))
        hours = fixed.normal(0, 2, (4, BANDS))
        voices = fixed.normal(10, 5, (len(CODES), CALL_BANDS))
        wet = fixed.normal(0, 1, CALL_BANDS)
        rainy = fixed.normal(0, 1, BANDS)
        rng = np.random.default_rng([self.seed, number + 10_000])
        weather = rng.normal(0, 2 * self.alike**0.5, BANDS)
        damp = rng.normal(0, 2 * self.alike**0.5, CALL_BANDS)
        if rng.random() < self.rain:
            weather += 2 * rainy
            damp += 2 * wet
        mood = rng.normal(0, self.alike**0.5)
        heard = []
        for _ in range(recordings):
            recorder, hour = int(rng.integers(self.recorders)), int(rng.integers(24))
            own = rng.normal(0, 2 * (1 - self.alike) ** 0.5, BANDS)
            sure = 1.5 + mood + rng.normal(0, (1 - self.alike) ** 0.5)
            number_of_species = int(rng.integers(len(CODES)))
            species = CODES[number_of_species]
            calls = voices[number_of_species] + damp + rng.normal(0, 2 * (1 - self.alike) ** 0.5, CALL_BANDS)
            heard.append(
                Observed(
                    FIRST + timedelta(days=number, hours=hour),
                    f"site {recorder + 1}",
                    Heights(-60 + colours[recorder] + hours[hour // 6] + weather + own, calls),
                    {species: float(1 / (1 + np.exp(-sure)))},
                    frozenset({species}),
                    bool(rng.random() < 0.9),
                )
            )
        return heard

    def days(self, first: int, count: int, recordings: int = 24) -> list[Observed]:
        return [one for k in range(count) for one in self.day(first + k, recordings)]

    def reference(self, days: int = 40, recordings: int = 12) -> Reference:
        """Of days long before."""
        learnt = self.days(-days, days, recordings)
        return reference_of(learnt, learnt, FRONT_END)


def louder(one: Observed, tilt: float) -> Observed:
    """As through a microphone that is so many dB an octave, more or less, brighter."""
    assert one.heights is not None
    return replace(one, heights=replace(one.heights, quiet=one.heights.quiet + tilt * np.arange(BANDS)))


def higher(one: Observed, bands: int) -> Observed:
    """As if whatever calls called so many bands higher."""
    assert one.heights is not None
    return replace(one, heights=replace(one.heights, calls=np.roll(one.heights.calls, bands)))


def less_sure(one: Observed, log_odds: float) -> Observed:
    assert one.confidences is not None
    less = {code: 1 / (1 + (1 / p - 1) * np.exp(-log_odds)) for code, p in one.confidences.items()}
    return replace(one, confidences=less)
