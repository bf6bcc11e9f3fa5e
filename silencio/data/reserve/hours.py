"""When: day and night, who is awake, and how much of what is recorded is recorded at night."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from silencio.data.reserve.species import Species

DAWN, DUSK = 6, 18
"""Hours: near the equator they hold all year."""
FAITH = 2.6
"""Log odds that a species calls in its own half of the day where the halves are recorded alike: 93 of 100."""


def is_night(at: datetime) -> bool:
    return not DAWN <= at.hour < DUSK


def moment(day: datetime, night: bool, rng: np.random.Generator) -> datetime:
    """A time of that day, or of the night that follows it; more often in its first hours than in its last."""
    after = 12 * 60 * float(rng.beta(1.2, 1.8))
    return day + timedelta(hours=DUSK if night else DAWN, minutes=min(int(after), 12 * 60 - 1))


def awake(species: Sequence[Species], night: bool) -> tuple[Species, ...]:
    return tuple(one for one in species if one.nocturnal == night)


def nightliness(species: Sequence[Species], share: float) -> list[float]:
    """How probably each is recorded at night, if `share` of all recordings are made at night.

    Everybody keeps to their own half of the day as far as the share allows.
    """
    if share in (0, 1):
        return [share] * len(species)
    nature = np.array([FAITH if one.nocturnal else -FAITH for one in species])
    low, high = -20.0, 20.0
    for _ in range(60):
        bias = (low + high) / 2
        low, high = (bias, high) if np.mean(_odds(nature + bias)) < share else (low, bias)
    return [float(p) for p in _odds(nature + (low + high) / 2)]


def _odds(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-logits)))


def nights(turns: int, share: float) -> list[bool]:
    """Which of a site's turns are at night: evenly spread, and one at least of each unless the share is 0 or 1."""
    count = round(turns * share)
    if 0 < share < 1:
        count = min(max(count, 1), turns - 1)
    return [(turn + 1) * count // turns > turn * count // turns for turn in range(turns)]
