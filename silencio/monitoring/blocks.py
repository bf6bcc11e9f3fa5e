"""Recordings in blocks of days: what a test looks at, each block once.

Asking more often than a day ends makes no more blocks, so that it raises no more false alarms.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from silencio.monitoring.heard import Observed

DAYS_OF_A_MONTH = 365.25 / 12
WEEK = 7


@dataclass(frozen=True)
class Block:
    first: date
    last: date
    observed: tuple[Observed, ...]


def days(observed: Iterable[Observed], today: date, fewest: int) -> list[Block]:
    """Days that are over, each by itself; one with fewer recordings is judged with those that follow it."""
    blocks: list[Block] = []
    waiting: list[Observed] = []
    for of_day in _by_day(observed, today):
        waiting += of_day
        if len(waiting) >= fewest:
            blocks.append(_block(waiting))
            waiting = []
    return blocks


def weeks(observed: Iterable[Observed], today: date, fewest: int) -> list[Block]:
    """Weeks that are over, from Monday on; those with fewer recordings are left out."""
    of_week: dict[int, list[Observed]] = {}
    for of_day in _by_day(observed, today):
        # The first of January of the year 1 is a Monday, and has the number 1.
        of_week.setdefault((of_day[0].day.toordinal() - 1) // WEEK, []).extend(of_day)
    this = (today.toordinal() - 1) // WEEK
    return [_block(of) for week, of in sorted(of_week.items()) if week < this and len(of) >= fewest]


def _by_day(observed: Iterable[Observed], today: date) -> list[list[Observed]]:
    heard: dict[date, list[Observed]] = {}
    for one in observed:
        # A recorder whose clock is ahead has not heard tomorrow.
        if one.day < today:
            heard.setdefault(one.day, []).append(one)
    return [heard[day] for day in sorted(heard)]


def _block(observed: Sequence[Observed]) -> Block:
    first, last = min(o.day for o in observed), max(o.day for o in observed)
    return Block(first, last, tuple(observed))


def span(block: Block) -> str:
    """For people."""
    last = f"{block.last.day} {block.last:%B %Y}"
    return last if block.first == block.last else f"{block.first.day} {block.first:%B} to {last}"
