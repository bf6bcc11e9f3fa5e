"""Start a training for reasons that none was started for yet: one at a time, not too often, and each once.

Before anything is started it is written down. So a watcher that is killed in between leaves a training that was asked
for and not begun, which the next one begins; and a training that was killed is begun again, and goes on where it was.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import IO

from silencio.errors import SilencioError
from silencio.monitoring.inside import Inside
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
    exit_code: int | None = None
    """Of a training that was waited for."""

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
    wait: bool = False,
) -> Action:
    """`command` trains. What it prints goes into a file in `logs`, and it is not waited for; with `wait`, it prints as
    whoever waits does, and the action tells its exit code."""
    with _decided(reasons, memory, settings, command, now) as (action, lock):
        if not action.started or action.training is None or lock is None:
            return action
        training = action.training
        if wait:
            code = _start(training, memory, lock).wait()
            return replace(action, said=f"{action.said} It ended with exit code {code}.", exit_code=code)
        _start(training, memory, lock, _log(training, logs))
        return replace(action, said=f"{action.said} Its output: {_log(training, logs)}.")


@contextmanager
def done_here(
    reasons: Sequence[Reason],
    memory: Memory,
    settings: Monitoring,
    command: Sequence[str],
    now: datetime,
) -> Iterator[Action]:
    """As `act`, for whoever trains in this process: where the action says started, the body is the training. What ends
    it is written down, but for a kill: then `command` is what the next watcher begins again."""
    with _decided(reasons, memory, settings, command, now) as (action, _):
        if not action.started or action.training is None:
            yield action
            return
        name = action.training.name
        memory.begin(name)
        try:
            yield action
        except SilencioError as error:
            memory.end(name, error.exit_code)
            raise
        memory.end(name, 0)


def begin_inside(
    reasons: Sequence[Reason], memory: Memory, settings: Monitoring, inside: Inside, now: datetime
) -> Action:
    """As `act`, for a step of a pipeline's run whose later steps train: where the action says started, that is written
    down. Asked again by the same run, it says the same. `Memory.end_inside` takes how the run ended."""
    with _decided(reasons, memory, settings, (), now, inside.run) as (action, _):
        training = action.training
        if action.started and training and not _goes_on_in(training, inside.run):
            memory.begin(training.name, inside)
        return action


@contextmanager
def _decided(
    reasons: Sequence[Reason],
    memory: Memory,
    settings: Monitoring,
    command: Sequence[str],
    now: datetime,
    run: str = "",
) -> Iterator[tuple[Action, IO[str] | None]]:
    """What is to be done, and the lock, which is held meanwhile."""
    with memory.alone() as lock:
        yield _decide(reasons, memory, settings, command, now, run, lock is not None), lock


def _decide(
    reasons: Sequence[Reason],
    memory: Memory,
    settings: Monitoring,
    command: Sequence[str],
    now: datetime,
    run: str,
    alone: bool,
) -> Action:
    """What is to be started is written down when this returns. `run` is the pipeline's that asks, if one does."""
    if not alone:
        return Action(Did.RUNNING, "A training is going on: one at a time.")
    asked = memory.trainings()
    unfinished = [training for training in asked if not training.finished]
    for training in unfinished:
        if _goes_on_in(training, run):
            return Action(Did.STARTED, f"The training {training.name} is started.", training)
        if elsewhere := _goes_on_elsewhere(training, settings, now):
            return elsewhere
    # By its command anybody can begin it again; what a run did, or is to do, only who trains the same experiment.
    own = [one for one in unfinished if one.experiment == memory.experiment or (one.command and not run)]
    for last in own[-1:]:
        if last.attempts < settings.attempts:
            said = f"The training {last.name} had not come to its end: it is started again."
            return Action(Did.STARTED_AGAIN, said, replace(last, command=last.command or tuple(command)))
        memory.give_up(last.name)
    refused = _refused(reasons, asked, memory.experiment, settings, now)
    if refused is not None:
        return refused
    training = memory.ask(reasons, command, now)
    return Action(Did.STARTED, f"The training {training.name} is started.", training)


def _goes_on_in(training: Training, run: str) -> bool:
    """Whether this very run began it: a step that was lost after it had written that down is tried again."""
    return training.inside is not None and training.inside.run == run and training.exit_code is None


def _goes_on_elsewhere(training: Training, settings: Monitoring, now: datetime) -> Action | None:
    inside = training.inside if training.exit_code is None else None
    if inside is None or inside.is_over(now, timedelta(hours=settings.longest_hours)):
        return None
    since = f"since {inside.at:%Y-%m-%d %H:%M} UTC"
    return Action(Did.RUNNING, f"The run {inside.run} trains {since}: one at a time.", training)


def _refused(
    reasons: Sequence[Reason],
    asked: Sequence[Training],
    experiment: str,
    settings: Monitoring,
    now: datetime,
) -> Action | None:
    """Why nothing is to be started; None if something is. Trainings of all experiments share one machine."""
    if not reasons:
        return Action(Did.NO_REASON, "There is no reason to train.")
    # What nobody wrote an experiment to is of before there were several.
    own = [training for training in asked if training.experiment in ("", experiment)]
    acted_on = {reason.key: training for training in own for reason in training.reasons}
    if all(reason.key in acted_on for reason in reasons):
        last = acted_on[reasons[-1].key]
        said = f"For these reasons the training {last.name} was started on {last.at:%Y-%m-%d %H:%M} UTC"
        end = ", and given up." if last.given_up else "."
        return Action(Did.DONE_BEFORE, said + end, last)
    if asked and now < (free := asked[-1].at + timedelta(hours=settings.hours_between)):
        said = f"The last training was started on {asked[-1].at:%Y-%m-%d %H:%M} UTC; the next may be from"
        return Action(Did.TOO_SOON, f"{said} {free:%Y-%m-%d %H:%M} UTC on.", asked[-1])
    return None


def _start(
    training: Training, memory: Memory, lock: IO[str], log: Path | None = None
) -> subprocess.Popen[bytes]:
    """In a session of its own: who ends the watching does not end the training. It holds the lock until it is over."""
    runner = [sys.executable, "-m", "silencio.monitoring.runner", str(memory.folder), training.name]
    with ExitStack() as files:
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
        out = files.enter_context(log.open("ab")) if log is not None else None
        child = subprocess.Popen(
            [*runner, *training.command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT if out else None,
            pass_fds=[lock.fileno()],
            start_new_session=True,
        )
    _children[:] = [one for one in [*_children, child] if one.poll() is None]
    return child


def _log(training: Training, logs: Path) -> Path:
    return logs / f"training-{training.name}.log"
