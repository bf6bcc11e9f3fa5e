"""Watchers and trainings are real processes here, and really killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from silencio.errors import GateRefused, SilencioError
from silencio.monitoring.act import Action, Did, act, done_here
from silencio.monitoring.memory import Memory
from silencio.monitoring.reasons import Reason, Why
from silencio.settings import Monitoring

NOW = datetime(2025, 6, 1, tzinfo=UTC)
NEW_DATA = Reason(Why.DATA, "New recordings: 3.", "data 1")
DRIFT = Reason(Why.DRIFT, "Everything sounds otherwise.", "drift 1")
PATIENCE = 60


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "records")


def command(tmp_path: Path, then: str = "") -> list[str]:
    """A training that leaves a line whenever it is run."""
    line = f"import os, time; print(os.getpid(), file=open({str(tmp_path / 'trained')!r}, 'a'), flush=True)"
    return [sys.executable, "-c", f"{line}\n{then}"]


def trained(tmp_path: Path) -> list[int]:
    file = tmp_path / "trained"
    return [int(pid) for pid in file.read_text().split()] if file.exists() else []


def decide(
    memory: Memory, tmp_path: Path, *reasons: Reason, now: datetime = NOW, then: str = "", attempts: int = 3
) -> Action:
    settings = Monitoring(hours_between=24, attempts=attempts)
    return act(reasons, memory, settings, command(tmp_path, then), now, tmp_path / "logs")


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.02)


def until_over(memory: Memory) -> None:
    until(lambda: memory.trainings()[-1].exit_code is not None and not memory.running())


def test_a_reason_starts_a_training_and_is_remembered(memory: Memory, tmp_path: Path) -> None:
    action = decide(memory, tmp_path, NEW_DATA)
    assert action.did is Did.STARTED
    until_over(memory)
    (training,) = memory.trainings()
    assert (training.reasons, training.attempts, training.exit_code) == ((NEW_DATA,), 1, 0)
    assert len(trained(tmp_path)) == 1


def test_without_a_reason_nothing_is_started(memory: Memory, tmp_path: Path) -> None:
    assert decide(memory, tmp_path).did is Did.NO_REASON
    assert memory.trainings() == []


def test_for_the_same_reasons_no_second_training_is_started_however_much_later(
    memory: Memory, tmp_path: Path
) -> None:
    decide(memory, tmp_path, NEW_DATA)
    until_over(memory)
    action = decide(memory, tmp_path, NEW_DATA, now=NOW + timedelta(days=100))
    assert action.did is Did.DONE_BEFORE
    assert "2025-06-01" in action.said


def test_another_reason_waits_until_it_is_time(memory: Memory, tmp_path: Path) -> None:
    decide(memory, tmp_path, NEW_DATA)
    until_over(memory)
    early = decide(memory, tmp_path, NEW_DATA, DRIFT, now=NOW + timedelta(hours=23))
    assert early.did is Did.TOO_SOON
    assert "2025-06-02 00:00 UTC" in early.said
    assert decide(memory, tmp_path, NEW_DATA, DRIFT, now=NOW + timedelta(hours=24)).did is Did.STARTED
    until_over(memory)
    assert len(trained(tmp_path)) == 2


def test_while_a_training_goes_on_no_other_is_started(memory: Memory, tmp_path: Path) -> None:
    decide(memory, tmp_path, NEW_DATA, then=f"time.sleep({PATIENCE})")
    until(lambda: len(trained(tmp_path)) == 1)
    try:
        assert decide(memory, tmp_path, DRIFT, now=NOW + timedelta(days=9)).did is Did.RUNNING
    finally:
        os.kill(trained(tmp_path)[0], signal.SIGKILL)
    until_over(memory)


def test_a_training_that_a_gate_refused_has_come_to_its_end(memory: Memory, tmp_path: Path) -> None:
    decide(memory, tmp_path, NEW_DATA, then="raise SystemExit(1)")
    until_over(memory)
    assert decide(memory, tmp_path, NEW_DATA).did is Did.DONE_BEFORE


def test_one_that_breaks_is_started_again_and_given_up_in_the_end(memory: Memory, tmp_path: Path) -> None:
    did = []
    for _ in range(3):
        did.append(decide(memory, tmp_path, NEW_DATA, then="raise SystemExit(3)", attempts=2).did)
        until_over(memory)
    assert did == [Did.STARTED, Did.STARTED_AGAIN, Did.DONE_BEFORE]
    assert len(trained(tmp_path)) == 2
    assert memory.trainings()[0].given_up


def test_a_watcher_that_is_killed_before_it_starts_what_it_asked_for_forgets_nothing(
    memory: Memory, tmp_path: Path
) -> None:
    memory.ask([NEW_DATA], command(tmp_path), NOW)
    action = decide(memory, tmp_path)
    assert action.did is Did.STARTED_AGAIN
    until_over(memory)
    assert len(trained(tmp_path)) == 1
    assert decide(memory, tmp_path, NEW_DATA).did is Did.DONE_BEFORE


def test_a_training_goes_on_when_its_watcher_is_killed(memory: Memory, tmp_path: Path) -> None:
    watcher = f"""
import sys
from datetime import datetime, UTC
from pathlib import Path
from silencio.monitoring.act import act
from silencio.monitoring.memory import Memory
from silencio.monitoring.reasons import Reason, Why
from silencio.settings import Monitoring
act([Reason(Why.DATA, "New.", "data 1")], Memory(Path({str(memory.folder)!r})), Monitoring(),
    {command(tmp_path, "time.sleep(0.5)")!r}, datetime.now(UTC), Path({str(tmp_path / "logs")!r}))
import os, signal
os.kill(os.getpid(), signal.SIGKILL)
"""
    died = subprocess.run([sys.executable, "-c", watcher], check=False)
    assert died.returncode == -signal.SIGKILL
    until_over(memory)
    assert memory.trainings()[-1].exit_code == 0
    assert len(trained(tmp_path)) == 1


def test_where_only_the_process_around_it_is_killed_the_training_still_holds_the_lock(
    memory: Memory, tmp_path: Path
) -> None:
    decide(memory, tmp_path, NEW_DATA, then=f"time.sleep({PATIENCE})")
    until(lambda: len(trained(tmp_path)) == 1)
    begun = next(
        entry
        for line in memory.path.read_text().splitlines()
        if (entry := json.loads(line))["event"] == "begun"
    )
    os.kill(begun["process"], signal.SIGKILL)
    try:
        assert decide(memory, tmp_path, NEW_DATA).did is Did.RUNNING
    finally:
        os.kill(trained(tmp_path)[0], signal.SIGKILL)
    until(lambda: not memory.running())
    assert decide(memory, tmp_path, NEW_DATA).did is Did.STARTED_AGAIN
    until(lambda: len(trained(tmp_path)) == 2)
    os.kill(trained(tmp_path)[1], signal.SIGKILL)
    until_over(memory)


def test_a_line_that_a_kill_cut_short_was_never_said(memory: Memory, tmp_path: Path) -> None:
    memory.ask([NEW_DATA], ["train"], NOW)
    with memory.path.open("a") as stream:
        stream.write('{"event": "begun", "trai')
    assert memory.trainings()[0].attempts == 0
    memory.begin(memory.trainings()[0].name)
    assert memory.trainings()[0].attempts == 1


def test_a_line_that_is_damaged_is_named(memory: Memory) -> None:
    memory.ask([NEW_DATA], ["train"], NOW)
    memory.path.write_text("nonsense\n" + memory.path.read_text())
    with pytest.raises(SilencioError, match=r"Line 1 of .*watch\.jsonl is damaged"):
        memory.trainings()


def test_a_training_in_this_process_is_remembered_and_done_once(memory: Memory) -> None:
    with done_here([NEW_DATA], memory, Monitoring(), ["train"], NOW) as action:
        assert action.did is Did.STARTED
        assert memory.running(), "nobody else may train meanwhile"
    (training,) = memory.trainings()
    assert (training.reasons, training.attempts, training.exit_code) == ((NEW_DATA,), 1, 0)
    with done_here([NEW_DATA], memory, Monitoring(), ["train"], NOW) as action:
        assert action.did is Did.DONE_BEFORE
    assert len(memory.trainings()) == 1


def test_a_gates_no_ends_a_training_in_this_process(memory: Memory, tmp_path: Path) -> None:
    with (
        pytest.raises(GateRefused),
        done_here([NEW_DATA], memory, Monitoring(), ["train"], NOW),
    ):
        raise GateRefused("It is worse.", "Look at the report.")
    assert memory.trainings()[0].exit_code == 1
    assert decide(memory, tmp_path, NEW_DATA).did is Did.DONE_BEFORE


def test_where_it_breaks_or_is_killed_the_next_watcher_starts_the_command(
    memory: Memory, tmp_path: Path
) -> None:
    here = f"""
from pathlib import Path
from silencio.monitoring.act import done_here
from silencio.monitoring.memory import Memory
from silencio.monitoring.reasons import Reason, Why
from silencio.settings import Monitoring
from datetime import datetime, UTC
import os, signal
with done_here([Reason(Why.DATA, "New.", "data 1")], Memory(Path({str(memory.folder)!r})), Monitoring(),
               {command(tmp_path)!r}, datetime.now(UTC)):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", here], check=False).returncode == -signal.SIGKILL
    assert decide(memory, tmp_path, NEW_DATA).did is Did.STARTED_AGAIN
    until_over(memory)
    assert len(trained(tmp_path)) == 1
    assert (memory.trainings()[0].attempts, memory.trainings()[0].exit_code) == (2, 0)


@pytest.mark.parametrize("code", [0, 1, 3])
def test_who_waits_ends_as_the_training_ends(memory: Memory, tmp_path: Path, code: int) -> None:
    asked = command(tmp_path, f"raise SystemExit({code})")
    action = act([NEW_DATA], memory, Monitoring(), asked, NOW, tmp_path / "logs", wait=True)
    assert (action.did, action.exit_code) == (Did.STARTED, code)
    assert memory.trainings()[0].exit_code == code
    assert not memory.running()
