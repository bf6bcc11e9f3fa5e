"""What waits, and whose turn it is.

Recordings wait to be prepared, windows wait for the model: each in a line, live ones in one and bulk in another.
Nothing here has a thread, a lock or a clock; `Workers` has.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from silencio.serving.engine.asked import Asked
from silencio.serving.engine.heard import Priority, Served
from silencio.settings.service import Batching

PATIENCE = 8
"""Of so many turns in a row that live requests could fill, the last is given to bulk, so that it always goes on."""


@dataclass(frozen=True)
class Share:
    """Windows of one request in a batch."""

    asked: Asked
    begin: int
    features: NDArray[np.float32]
    """[windows, *shape]"""


@dataclass(frozen=True)
class Batch:
    """Windows that go through the model of one version together."""

    served: Served
    shares: tuple[Share, ...]

    def windows(self) -> NDArray[np.float32]:
        """[windows, *shape]"""
        if len(self.shares) == 1:
            return self.shares[0].features
        return np.concatenate([share.features for share in self.shares])


@dataclass(frozen=True)
class Preparation:
    asked: Asked


Work = Batch | Preparation


class Lines:
    def __init__(self, batching: Batching, most_long: int) -> None:
        """`most_long` recordings that are long are prepared at once: the short ones always find somebody."""
        self._batching, self._most_long = batching, most_long
        self._unprepared: dict[Priority, deque[Asked]] = {p: deque() for p in Priority}
        self._windows: dict[Priority, deque[Asked]] = {p: deque() for p in Priority}
        self._being_prepared: dict[Priority, int] = dict.fromkeys(Priority, 0)
        self._long = 0
        self._passed_over = 0
        self.waiting = dict.fromkeys(Priority, 0)
        """Windows; a recording that nobody decoded yet counts as one."""

    def room_for(self, asked: Asked) -> bool:
        """Whoever is the only one to wait may bring more than there is room."""
        own, all_of_them = self.waiting[asked.priority], sum(self.waiting.values())
        if asked.priority is Priority.BULK:
            most = max(1, int(self._batching.queue * self._batching.bulk_share))
            if own and own + asked.waiting > most:
                return False
        return not all_of_them or all_of_them + asked.waiting <= self._batching.queue

    def add(self, asked: Asked) -> None:
        line = self._unprepared if asked.prepared is None else self._windows
        line[asked.priority].append(asked)
        self.waiting[asked.priority] += asked.waiting

    def prepared(self, asked: Asked) -> None:
        """A preparation is over, however it ended."""
        self._being_prepared[asked.priority] -= 1
        self._long -= asked.is_long

    def remove(self, asked: Asked) -> bool:
        """It leaves its line, if it stands in one."""
        for line in (self._unprepared[asked.priority], self._windows[asked.priority]):
            if asked in line:
                line.remove(asked)
                self.waiting[asked.priority] -= asked.waiting
                return True
        return False

    def next(self, now: float) -> Work | None:
        """What a thread that is free should do; None: nothing, or not before `due`."""
        turns = [Priority.LIVE, Priority.BULK]
        if self._passed_over >= PATIENCE - 1:
            turns.reverse()
        for priority in turns:
            work = self._work(priority, now)
            if work is not None:
                bulk_waits = priority is Priority.LIVE and self.waiting[Priority.BULK] > 0
                self._passed_over = self._passed_over + 1 if bulk_waits else 0
                return work
            if priority is Priority.LIVE and self._windows[priority]:
                break  # a batch of bulk would keep them longer than they are to wait for company
        return None

    def due(self) -> float | None:
        """When the first windows have waited long enough for others; None if there are none."""
        since = [line[0].waits_since for line in self._windows.values() if line]
        return min(since) + self._batching.wait_ms / 1000 if since else None

    def _work(self, priority: Priority, now: float) -> Work | None:
        line = self._windows[priority]
        if line and (
            not (self._unprepared[priority] or self._being_prepared[priority])
            or now >= line[0].waits_since + self._batching.wait_ms / 1000
            or self._enough(line)
        ):
            return self._batch(priority)
        for asked in self._unprepared[priority]:
            if not (asked.is_long and self._long >= self._most_long):
                self._unprepared[priority].remove(asked)
                self.waiting[priority] -= asked.waiting
                self._being_prepared[priority] += 1
                self._long += asked.is_long
                return Preparation(asked)
        return None

    def _enough(self, line: deque[Asked]) -> bool:
        total = 0
        for asked in line:
            total += asked.waiting
            if total >= self._batching.largest:
                return True
        return False

    def _batch(self, priority: Priority) -> Batch:
        """As many windows of each request as of any other; who did not come to an end goes to the end of the line."""
        line = self._windows[priority]
        served = line[0].served
        fitting = [asked for asked in line if asked.served is served][: self._batching.largest]
        shares = tuple(self._shares(fitting))
        self.waiting[priority] -= sum(len(share.features) for share in shares)
        for share in shares:
            line.remove(share.asked)
            if share.asked.waiting:
                line.append(share.asked)
        return Batch(served, shares)

    def _shares(self, fitting: list[Asked]) -> Iterator[Share]:
        room = self._batching.largest
        # The shortest first: what they leave of their share, the others have.
        for number, asked in enumerate(sorted(fitting, key=lambda a: a.waiting)):
            count = min(asked.waiting, room // (len(fitting) - number))
            room -= count
            begin = asked.taken
            yield Share(asked, begin, asked.take(count))
