"""Threads that do whatever is most urgent: prepare a recording, or ask the model for a batch.

As many as there are cores, each of which does one thing at a time: what a lone user asked for goes from its first
byte to its answer in one thread, and under load none waits for the processor with work half done.
"""

import logging
import threading
import time
from collections.abc import Callable

from silencio.serving.engine.asked import Asked
from silencio.serving.engine.lines import Batch, Lines, Preparation, Work
from silencio.serving.engine.pace import Pace
from silencio.serving.engine.turned_away import full, late
from silencio.serving.engine.watching import Watching
from silencio.serving.problems import Problem

log = logging.getLogger(__name__)

IDLE_SECONDS = 30.0
"""A thread that nobody needed for so long ends; the next request starts another."""


class Workers:
    def __init__(
        self, lines: Lines, threads: int, prepare: Callable[[Asked], None], watching: Watching
    ) -> None:
        """`prepare` decodes and cuts, or raises."""
        self._lines, self._threads, self._prepare, self._watching = lines, threads, prepare, watching
        self._change = threading.Condition()
        self._alive = 0
        self._idle = 0
        self._pace = Pace()

    def add(self, asked: Asked) -> None:
        """Raises if there is no room."""
        with self._change:
            if not self._lines.room_for(asked):
                raise self.full()
            self._add(asked)
        self._tell()

    def give_up(self, asked: Asked) -> None:
        """What of it nobody has begun is never done."""
        with self._change:
            asked.given_up = True
            self._lines.remove(asked)
            self._change.notify_all()
        self._tell()

    def full(self) -> Problem:
        self._watching.turned_away("full")
        return full(self._seconds())

    def late(self) -> Problem:
        self._watching.turned_away("late")
        return late(self._seconds())

    def _seconds(self) -> int:
        """Until what waits now is done."""
        with self._change:
            return self._pace.seconds(sum(self._lines.waiting.values()))

    def _add(self, asked: Asked) -> None:
        asked.waits_since = time.monotonic()
        if self._idle == self._alive:
            self._pace.begin(asked.waits_since)
        self._lines.add(asked)
        if self._idle:
            self._change.notify()
        elif self._alive < self._threads:
            self._alive += 1
            threading.Thread(target=self._work, name="silencio-engine", daemon=True).start()

    def _work(self) -> None:
        while work := self._next():
            if isinstance(work, Batch):
                self._infer(work)
            else:
                self._ready(work)
            self._tell()

    def _next(self) -> Work | None:
        """None: nobody needs this thread any more."""
        with self._change:
            free_since = time.monotonic()
            while True:
                now = time.monotonic()
                if work := self._lines.next(now):
                    return work
                due = self._lines.due()
                if due is None and now > free_since + IDLE_SECONDS:
                    self._alive -= 1
                    return None
                self._idle += 1
                self._change.wait(IDLE_SECONDS if due is None else max(0.0, due - now))
                self._idle -= 1

    def _ready(self, preparation: Preparation) -> None:
        asked = preparation.asked
        failure: Exception | None = None
        try:
            if not asked.given_up:
                self._prepare(asked)
        except Exception as error:  # whatever is wrong with one recording is that one's answer
            failure = error
        with self._change:
            self._lines.prepared(asked)
            if failure is None and not asked.given_up:
                # Decoded it may be longer than anybody knew; then it goes, unless there is room.
                if self._lines.room_for(asked):
                    self._add(asked)
                else:
                    failure = self.full()
            # Others may wait for this one to come along, or to be out of the way.
            self._change.notify_all()
        if failure is not None:
            asked.fail(failure)

    def _infer(self, batch: Batch) -> None:
        windows = batch.windows()
        begun = time.perf_counter()
        try:
            probabilities = batch.served.model.probabilities(windows)
        except Exception as error:  # the requests of this batch fail, and the thread goes on
            log.error("the model failed on a batch of %d windows", len(windows), exc_info=error)
            for share in batch.shares:
                share.asked.fail(error)
            return
        seconds = time.perf_counter() - begun
        done, row = [], 0
        with self._change:
            self._pace.did(len(windows), time.monotonic())
            for share in batch.shares:
                rows = probabilities[row : row + len(share.features)]
                row += len(rows)
                if share.asked.hear(share.begin, rows, seconds):
                    done.append(share.asked)
        for asked in done:
            asked.finish()
        self._watching.batched(len(windows), seconds)

    def _tell(self) -> None:
        self._watching.waiting(sum(self._lines.waiting.values()))
