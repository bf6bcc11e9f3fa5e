"""Learn what is usual of a measure from recordings that did not drift: see `silencio.monitoring.normal`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from silencio.monitoring.normal import (
    Floats,
    Normal,
    Sample,
    Unit,
    counts,
    days_vary,
    quantile,
    recorders_vary,
    shortened,
)

Day = date | int
"""A recording's number stands for the day that nobody knows."""

FEWEST_OF_A_PART = 8
"""Recordings: with fewer, a part of the day has no mean of its own."""
FEWEST_DAYS_BEYOND = 6
"""So many days more than the measure has numbers must have been heard: fewer tell nothing of what is usual."""
TOGETHER, WORTH = 0.3, 20
"""How alike recordings of a day are where nothing tells, and for how many recordings that guess counts."""
FEWEST_DAYS_OF_A_UNIT = 3
"""With fewer, a recorder's mean takes the day's share away, and recordings of one day look less alike than they are."""
DIAGONAL = 0.1
"""How much of a covariance is taken to be none, so that chance is not whitened into a structure."""
LEAST = 1e-6
CHECKED_AT = (0.5, 0.8, 0.95)
"""Quantiles at which the days that were learnt from are held against what should be so rare."""


def fit(samples: Sequence[Sample]) -> Normal | None:
    """None where too few days were heard to know what is usual."""
    days = len({_day(k, s) for k, s in enumerate(samples)})
    if not samples or days < len(samples[0].values) + FEWEST_DAYS_BEYOND:
        return None
    mean: Floats = np.mean([s.values for s in samples], axis=0)
    parts = _part_means(samples)
    centred = np.stack([s.values - parts.get(s.part, mean) for s in samples])
    whitener = _whitener(_within(samples, centred))
    white = np.asarray(centred @ whitener.T)
    sums = _sums(samples, white)
    together = _together(samples, white, sums)
    apart = _apart(sums.values(), together)
    learnt = Normal(
        mean=_plain(mean),
        parts={part: _plain(m) for part, m in parts.items()},
        whitener=tuple(_plain(row) for row in whitener),
        units={unit: _unit(s, apart, together) for unit, s in sums.items()},
        apart=apart,
        together=together,
        stretch=1.0,
        days=days,
    )
    return learnt.model_copy(update={"stretch": _stretch(learnt, samples, white, sums)})


@dataclass
class _Sum:
    """What was heard of a recorder at a part of the day, whitened."""

    total: Floats
    """[dimensions]"""
    of_day: dict[Day, tuple[int, Floats]] = field(default_factory=dict)

    @property
    def recordings(self) -> int:
        return sum(n for n, _ in self.of_day.values())

    def without(self, day: Day) -> tuple[list[int], Floats]:
        """Recordings of each other day, and their mean; of none if there is no other."""
        n, total = self.of_day[day]
        others = [count for other, (count, _) in self.of_day.items() if other != day]
        return others, (self.total - total) / max(self.recordings - n, 1)


def _day(number: int, sample: Sample) -> Day:
    return sample.day or number


def _sums(samples: Sequence[Sample], white: Floats) -> dict[str, _Sum]:
    sums: dict[str, _Sum] = {}
    for k, (sample, row) in enumerate(zip(samples, white, strict=True)):
        if sample.whose is None:
            continue
        of_unit = sums.setdefault(sample.unit, _Sum(np.zeros(white.shape[1])))
        of_unit.total = of_unit.total + row
        n, total = of_unit.of_day.get(_day(k, sample), (0, np.zeros(white.shape[1])))
        of_unit.of_day[_day(k, sample)] = n + 1, total + row
    return sums


def _part_means(samples: Sequence[Sample]) -> dict[str, Floats]:
    heard: dict[str, list[Floats]] = {}
    for sample in samples:
        heard.setdefault(sample.part, []).append(sample.values)
    return {part: np.mean(of, axis=0) for part, of in heard.items() if len(of) >= FEWEST_OF_A_PART}


def _within(samples: Sequence[Sample], centred: Floats) -> Floats:
    """The covariance of what is left within a recorder's part of the day; of everything, where those are too few."""
    rows_of: dict[str, list[int]] = {}
    for k, sample in enumerate(samples):
        if sample.whose is not None:
            rows_of.setdefault(sample.unit, []).append(k)
    freedom = sum(len(rows) - 1 for rows in rows_of.values())
    if freedom < 3 * centred.shape[1]:
        return np.asarray(np.atleast_2d(np.cov(centred.T)))
    rests = np.concatenate([centred[rows] - centred[rows].mean(axis=0) for rows in rows_of.values()])
    return np.asarray(rests.T @ rests / freedom)


def _whitener(covariance: Floats) -> Floats:
    shrunk = (1 - DIAGONAL) * covariance + DIAGONAL * np.diag(np.diag(covariance))
    shrunk += np.eye(len(shrunk)) * (1e-3 * np.trace(shrunk) / len(shrunk) + LEAST)
    return np.asarray(np.linalg.inv(np.linalg.cholesky(shrunk)))


def _together(samples: Sequence[Sample], white: Floats, sums: dict[str, _Sum]) -> float:
    """How alike recordings of a day are, whoever made them, or those of one recorder if they are more so."""
    rests, days = [], []
    for k, sample in enumerate(samples):
        if sample.whose is not None and len(sums[sample.unit].of_day) >= FEWEST_DAYS_OF_A_UNIT:
            rests.append(white[k] - sums[sample.unit].total / sums[sample.unit].recordings)
            days.append((sample.whose, _day(k, sample)))
    if not rests:
        return TOGETHER
    of_all = _alike(np.stack(rests), [day for _, day in days], TOGETHER)
    return max(of_all, _alike(np.stack(rests), days, of_all))


def _alike(rests: Floats, days: Sequence[object], guess: float) -> float:
    """The share of the variance that is between days; the guess, where no day has two recordings."""
    rows_of: dict[object, list[int]] = {}
    for k, day in enumerate(days):
        rows_of.setdefault(day, []).append(k)
    within = sum(float(((rests[rows] - rests[rows].mean(axis=0)) ** 2).sum()) for rows in rows_of.values())
    pairs, whole = len(rests) - len(rows_of), float((rests**2).sum())
    if not pairs or not whole:
        return guess
    found = min(max(1 - (within / pairs) / (whole / len(rests)), 0.0), 0.95)
    return (pairs * found + WORTH * guess) / (pairs + WORTH)


def _apart(sums: Iterable[_Sum], together: float) -> float:
    found = [
        float(np.mean((s.total / s.recordings) ** 2)) - days_vary([n for n, _ in s.of_day.values()], together)
        for s in sums
    ]
    return max(float(np.mean(found)), 0.0) if found else 0.0


def _unit(s: _Sum, apart: float, together: float) -> Unit:
    return _drawn([n for n, _ in s.of_day.values()], s.total / s.recordings, apart, together)


def _drawn(of_each_day: Sequence[int], mean: Floats, apart: float, together: float) -> Unit:
    """A recorder's mean, drawn towards that of all: nothing of it is left where there are no recordings."""
    if not of_each_day:
        return Unit(mean=_plain(0 * mean), unsure=apart)
    varies = days_vary(of_each_day, together)
    trust = apart / (apart + varies)
    return Unit(mean=_plain(trust * mean), unsure=trust * varies)


def _stretch(learnt: Normal, samples: Sequence[Sample], white: Floats, sums: dict[str, _Sum]) -> float:
    """Each day, of a recorder and of all, against what is known without it: is it stranger than it should be?"""
    of_recorder: dict[object, list[int]] = {}
    of_all: dict[object, list[int]] = {}
    for k, sample in enumerate(samples):
        of_recorder.setdefault((sample.whose, _day(k, sample)), []).append(k)
        of_all.setdefault(_day(k, sample), []).append(k)
    left_out = _LeftOut(learnt, samples, white, sums)
    found = [1.0]
    for days in (of_recorder, of_all):
        statistics = [left_out.statistic(rows) for rows in days.values()]
        # The strangest day of all, too: rain that falls on one day of twenty is none of the drift.
        shares = [*CHECKED_AT, 1 - 1 / (len(statistics) + 1)]
        usual = [quantile(share, white.shape[1], learnt.days) for share in shares]
        found += (np.quantile(statistics, shares) / usual).tolist()
    return max(found)


@dataclass(frozen=True)
class _LeftOut:
    learnt: Normal
    samples: Sequence[Sample]
    white: Floats
    sums: dict[str, _Sum]

    def statistic(self, rows: Sequence[int]) -> float:
        """Of some recordings of one day, by what is known of their recorders on other days."""
        units = [self._unit(k) for k in rows]
        mean = shortened(self.white[rows] - np.array([u.mean for u in units])).mean(axis=0)
        unsure = [(self.samples[k].whose, unit.unsure) for k, unit in zip(rows, units, strict=True)]
        varies = days_vary(counts(self.samples[k].day for k in rows), self.learnt.together)
        return float(mean @ mean) / (varies + recorders_vary(unsure))

    def _unit(self, k: int) -> Unit:
        sample = self.samples[k]
        if sample.whose is None:
            return Unit(mean=(0.0,) * self.white.shape[1], unsure=self.learnt.apart)
        days, mean = self.sums[sample.unit].without(_day(k, sample))
        return _drawn(days, mean, self.learnt.apart, self.learnt.together)


def _plain(values: Floats) -> tuple[float, ...]:
    return tuple(round(float(v), 6) for v in values)
