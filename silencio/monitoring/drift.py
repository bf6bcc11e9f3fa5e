"""Whether what is heard now still is what the champion knew.

Five tests look at each day that is over, and at each week. A test raises an alarm where blocks as strange as this one
are rarer, among recordings that do not drift, than its share of the false alarms that are borne a month. The shares
add up to the whole whatever depends on what, and no block is looked at twice: so the rate holds for all tests
together, however often they are asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from silencio.monitoring.blocks import DAYS_OF_A_MONTH, WEEK, Block, days, weeks
from silencio.monitoring.heard import Observed
from silencio.monitoring.judges import Aspect, Judge, Strange, judges
from silencio.monitoring.reference import Reference
from silencio.settings import Monitoring


class Pace(StrEnum):
    DAY = "day"
    WEEK = "week"


LOOKS = {Pace.DAY: DAYS_OF_A_MONTH, Pace.WEEK: DAYS_OF_A_MONTH / WEEK}
"""A month, at most."""


@dataclass(frozen=True)
class Look:
    """One test on one block."""

    test: Aspect
    pace: Pace
    block: Block
    strange: Strange
    limit: float
    """An alarm, if the block's p is below it."""

    @property
    def alarm(self) -> bool:
        return self.strange.p < self.limit


@dataclass(frozen=True)
class Drift:
    looks: tuple[Look, ...]
    """In order of time."""
    not_asked: Mapping[Aspect, str]
    """Tests that looked at no block, and why."""

    @property
    def alarms(self) -> tuple[Look, ...]:
        return tuple(look for look in self.looks if look.alarm)

    def of(self, test: Aspect) -> tuple[Look, ...]:
        return tuple(look for look in self.looks if look.test is test)


def limit_of(pace: Pace, false_alarms_a_month: float) -> float:
    """The share of one look: every test has the same of the month's false alarms, half of it at either pace."""
    return false_alarms_a_month / (len(Aspect) * len(Pace)) / LOOKS[pace]


def look_for_drift(
    reference: Reference, heard: Iterable[Observed], today: date, settings: Monitoring = Monitoring()
) -> Drift:
    """`heard` is what there was since the champion began to listen; `today` is not over, so nothing of it counts."""
    observed = sorted(heard, key=lambda one: one.at)
    looks: list[Look] = []
    not_asked: dict[Aspect, str] = {}
    for test, judge in judges(reference, settings.fewest_recordings, settings.wrong_margin).items():
        if judge is None:
            not_asked[test] = "the reference holds too little to know what is usual"
            continue
        seen = [one for one in observed if judge.sees(one)]
        found = _looks(test, judge, seen, today, settings)
        if not found:
            over, least = sum(one.day < today for one in seen), settings.fewest_recordings
            not_asked[test] = f"{over} recordings of days that are over tell of it, {least} are asked for"
        looks += found
    return Drift(tuple(sorted(looks, key=lambda look: (look.block.last, look.block.first))), not_asked)


def _looks(test: Aspect, judge: Judge, seen: list[Observed], today: date, settings: Monitoring) -> list[Look]:
    return [
        Look(test, pace, block, judge.judge(block.observed), limit_of(pace, settings.false_alarms_a_month))
        for pace, cut in ((Pace.DAY, days), (Pace.WEEK, weeks))
        for block in cut(seen, today, settings.fewest_recordings)
    ]
