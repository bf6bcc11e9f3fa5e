"""Start a training for reasons that none was started for yet: one at a time, not too often, and each once.

Before anything is started it is written down. So a watcher that is killed in between leaves a training that was asked
for and not begun, which the next one begins; and a training that was killed is begun again, and goes on where it was.
"""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import IO

from silencio.monitoring.memory import Memory, Training
from silencio.monitoring.reasons import Reason
from silencio.settings import Monitoring

_children: list[subprocess.Popen[bytes]] = []
"""Trainings outlive who started them, and Popen complains when it is dropped before its process."""


class Did(StrEnum):
    STARTED = "started"
    STARTED_AGAIN = "started again"
    NO_REASON = "no reason"
    DONE_BEFORE = "done before"
    TOO_SOON = "too soon"
    RUNNING = "running"


@dataclass(frozen=True)
class Action:
    did: Did
    said: str
    training: Training | None = None

    @property
    def started(self) -> bool:
        return self.did in (Did.STARTED, Did.STARTED_AGAIN)


def act(
    reasons: Sequence[Reason],
    memory: Memory,
    settings: Monitoring,
    command: Sequence[str],
    now: datetime,
    logs: Path,
) -> Action:
    """`command` trains; what it prints goes into a file in `logs`. It is not waited for."""
    with memory.alone() as lock:
        if lock is None:
            return Action(Did.RUNNING, "A training is going on: one at a time.")
        asked = memory.trainings()
        if asked and not asked[-1].finished:
            last = asked[-1]
            if last.attempts < settings.attempts:
                _start(last, memory, lock, logs)
                which = f"The training {last.name} had not come to its end: it is started"
                return Action(Did.STARTED_AGAIN, f"{which} again, in {_log(last, logs)}.", last)
            memory.give_up(last.name)
        decided = _decide(reasons, asked, settings, now)
        if decided is not None:
            return decided
        training = memory.ask(reasons, command, now)
        _start(training, memory, lock, logs)
        return Action(
            Did.STARTED, f"The training {training.name} is started, in {_log(training, logs)}.", training
        )


def _decide(
    reasons: Sequence[Reason], asked: Sequence[Training], settings: Monitoring, now: datetime
) -> Action | None:
    """Why nothing is to be started; None if something is."""
    if not reasons:
        return Action(Did.NO_REASON, "There is no reason to train.")
    acted_on = {reason.key: training for training in asked for reason in training.reasons}
    if all(reason.key in acted_on for reason in reasons):
        last = acted_on[reasons[-1].key]
        said = f"For these reasons the training {last.name} was started on {last.at:%Y-%m-%d %H:%M} UTC"
        end = ", and given up." if last.given_up else "."
        return Action(Did.DONE_BEFORE, said + end, last)
    if asked and now < (free := asked[-1].at + timedelta(hours=settings.hours_between)):
        said = f"The last training was started on {asked[-1].at:%Y-%m-%d %H:%M} UTC; the next may be from"
        return Action(Did.TOO_SOON, f"{said} {free:%Y-%m-%d %H:%M} UTC on.", asked[-1])
    return None


def _start(training: Training, memory: Memory, lock: IO[str], logs: Path) -> None:
    """In a session of its own: who ends the watching does not end the training. It holds the lock until it is over."""
    runner = [sys.executable, "-m", "silencio.monitoring.runner", str(memory.folder), training.name]
    logs.mkdir(parents=True, exist_ok=True)
    with _log(training, logs).open("ab") as out:
        child = subprocess.Popen(
            [*runner, *training.command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            pass_fds=[lock.fileno()],
            start_new_session=True,
        )
    _children[:] = [one for one in [*_children, child] if one.poll() is None]


def _log(training: Training, logs: Path) -> Path:
    return logs / f"training-{training.name}.log"
