"""What is usual of a measure, by recorder and part of the day, and how surprising a block of recordings is.

Where it says recorder, it may as well be a species: what is usual of how each of them calls is learnt the same way.

A measure is a vector for each recording, see `silencio.monitoring.measures`. Three things keep it from crying wolf:

- a part of the day has a mean, and a recorder one of its own about it; of a recorder that nobody has heard before it is
  only known how far recorders are apart, so that a newcomer is no drift;
- recordings of one day are alike (the same weather, the same animals): a hundred of one day are far fewer than a
  hundred of a hundred days;
- one strange recording counts as no stranger than one in a hundred is, and days have heavier tails than a Gauss curve.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy.stats import chi2, f

Floats = NDArray[np.float64]

PARTS = ((0, "night"), (6, "morning"), (12, "afternoon"), (18, "evening"))
"""The hour that each part of the day begins at."""
ANY_TIME = "any time"
STRANGEST = 0.99
"""Beyond this quantile a recording is shortened to it."""
TAIL, MORE = 10, 2
"""Degrees of freedom, and those that each further dimension adds: so heavy are the tails of days, some of which are
all rain. What moves a whole day moves it in one direction. Simulated, see docs/monitoring.md."""


@dataclass(frozen=True, eq=False)
class Sample:
    """One recording's measure."""

    whose: str | None
    """Which recorder's, or which species'; None: nobody knows."""
    at: datetime | None
    values: Floats
    """[dimensions]"""

    @property
    def part(self) -> str:
        if self.at is None:
            return ANY_TIME
        hour = self.at.hour
        return next(name for begin, name in reversed(PARTS) if hour >= begin)

    @property
    def unit(self) -> str:
        return f"{self.whose}, {self.part}"

    @property
    def day(self) -> date | None:
        return self.at.date() if self.at else None


class Unit(BaseModel):
    """A recorder at a part of the day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mean: tuple[float, ...]
    """Whitened, against the part of the day; drawn towards it the fewer recordings there are."""
    unsure: float
    """The variance that is left of it, where that of one recording is 1."""


@dataclass(frozen=True, eq=False)
class Surprise:
    p: float
    """How often as strange a block comes of recordings that did not drift."""
    statistic: float
    """The squared length of the mean, each whitened dimension of which varies by 1 if nothing drifts."""
    moved: Floats
    """By how much the measure moved, in its own units, [dimensions]"""
    recordings: int


class Normal(BaseModel):
    """Travels with the model as JSON; learnt by `silencio.monitoring.learning`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mean: tuple[float, ...]
    parts: Mapping[str, tuple[float, ...]]
    """Means by part of the day, where enough was heard of it."""
    whitener: tuple[tuple[float, ...], ...]
    """[dimensions, dimensions]: from the measure's units to such that vary by 1, and independently."""
    units: Mapping[str, Unit]
    apart: float
    """The variance between recorders, where that of one recording is 1."""
    together: float
    """The correlation of recordings of one day."""
    stretch: float
    """By how much the days that were learnt from are stranger than theory has it, at least 1."""
    days: int
    """That were learnt from."""

    def surprise(self, samples: Sequence[Sample]) -> Surprise:
        """Of a block of recordings, one at least."""
        rests, whitener = self._rests(samples), np.array(self.whitener)
        mean = shortened(rests).mean(axis=0)
        statistic = float(mean @ mean) / self._varies(samples) / self.stretch
        moved = np.linalg.solve(whitener, rests.mean(axis=0))
        return Surprise(tail(statistic, len(mean), self.days), statistic, moved, len(samples))

    def _rests(self, samples: Sequence[Sample]) -> Floats:
        """What is unusual about each recording, whitened, [recordings, dimensions]."""
        centred = np.array([s.values - self.parts.get(s.part, self.mean) for s in samples])
        none = (0.0,) * len(self.mean)
        known = np.array([unit.mean if (unit := self._unit(s)) else none for s in samples])
        return np.asarray(centred @ np.array(self.whitener).T - known)

    def _unit(self, sample: Sample) -> Unit | None:
        return None if sample.whose is None else self.units.get(sample.unit)

    def _varies(self, samples: Sequence[Sample]) -> float:
        """The variance of a block's mean in each whitened dimension."""
        unsure = [(s.whose, unit.unsure if (unit := self._unit(s)) else self.apart) for s in samples]
        return days_vary(counts(s.day for s in samples), self.together) + recorders_vary(unsure)


def counts(days: Iterable[date | None]) -> list[int]:
    """Recordings by day; of one without a day, nobody knows that it shares it with another."""
    by_day: dict[object, int] = {}
    for number, day in enumerate(days):
        key = day or number
        by_day[key] = by_day.get(key, 0) + 1
    return list(by_day.values())


def days_vary(of_each_day: Iterable[int], together: float) -> float:
    """The variance of the mean of so many recordings, of each of which it is 1; those of one day are correlated."""
    of_each = list(of_each_day)
    total = sum(of_each)
    return (together * sum(n * n for n in of_each) + (1 - together) * total) / total**2


def recorders_vary(unsure: Sequence[tuple[str | None, float]]) -> float:
    """What is not known of the recorders of a block adds to its mean's variance.

    Of one recorder all errors are one error: it is the same microphone at every part of the day.
    """
    of_recorder: dict[str | None, float] = {}
    for recorder, variance in unsure:
        of_recorder[recorder] = of_recorder.get(recorder, 0.0) + variance**0.5 / len(unsure)
    return sum(error**2 for error in of_recorder.values())


def shortened(rests: Floats) -> Floats:
    """[recordings, dimensions], whitened, none longer than one in a hundred is."""
    longest = float(chi2.ppf(STRANGEST, rests.shape[1])) ** 0.5
    lengths = np.linalg.norm(rests, axis=1, keepdims=True)
    return np.asarray(rests * np.minimum(1, longest / np.maximum(lengths, longest)))


def tail(statistic: float, dimensions: int, days: int) -> float:
    """How often it is as large by chance."""
    return float(f.sf(statistic / dimensions, dimensions, _freedom(dimensions, days)))


def quantile(share: float, dimensions: int, days: int) -> float:
    """What the statistic stays below so often."""
    return float(f.ppf(share, dimensions, _freedom(dimensions, days))) * dimensions


def _freedom(dimensions: int, days: int) -> int:
    return min(days - dimensions, TAIL + MORE * (dimensions - 1))
