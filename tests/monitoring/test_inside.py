"""Trainings within a pipeline's run, whose steps are processes that come and go, here or on other machines."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from silencio.monitoring.act import Action, Did, act, begin_inside
from silencio.monitoring.inside import Inside
from silencio.monitoring.memory import Memory
from silencio.monitoring.reasons import Reason, Why
from silencio.serving.process import born
from silencio.settings import Monitoring

NOW = datetime(2025, 6, 1, tzinfo=UTC)
NEW_DATA = Reason(Why.DATA, "New recordings: 3.", "data 1")
DRIFT = Reason(Why.DRIFT, "Everything sounds otherwise.", "drift 1")
SETTINGS = Monitoring(hours_between=24, attempts=2, longest_hours=48)


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "records")


def of(run: str, hours: float = 0) -> Inside:
    """A run of a cluster, whose first step ran in a pod."""
    return Inside(run, NOW + timedelta(hours=hours), f"pod-of-{run}", 1, "1")


def asked(memory: Memory, inside: Inside, *reasons: Reason) -> Action:
    return begin_inside(reasons, memory, SETTINGS, inside, inside.at)


def asked_here(memory: Memory, tmp_path: Path, hours: float) -> Action:
    """By `silencio watch --act --wait`, whose training does nothing."""
    command = [sys.executable, "-c", ""]
    return act([DRIFT], memory, SETTINGS, command, NOW + timedelta(hours=hours), tmp_path, wait=True)


def test_a_run_trains_for_a_reason_and_is_remembered_with_its_end(memory: Memory) -> None:
    assert asked(memory, of("r1"), NEW_DATA).did is Did.STARTED
    memory.end_inside("r1", 1)
    [training] = memory.trainings()
    assert (training.reasons, training.attempts, training.exit_code) == ((NEW_DATA,), 1, 1)
    assert training.inside == of("r1")
    assert asked(memory, of("r2", hours=99), NEW_DATA).did is Did.DONE_BEFORE


def test_without_a_reason_it_does_not(memory: Memory) -> None:
    assert asked(memory, of("r1")).did is Did.NO_REASON
    memory.end_inside("r1", 0)
    assert not memory.path.exists()


def test_a_step_that_is_tried_again_decides_the_same_and_begins_nothing_new(memory: Memory) -> None:
    first = asked(memory, of("r1"), NEW_DATA)
    again = asked(memory, replace(of("r1", hours=1), host="another-pod"), NEW_DATA, DRIFT)
    assert (again.did, again.said) == (first.did, first.said)
    [training] = memory.trainings()
    assert training.attempts == 1


def test_an_end_that_is_told_twice_is_the_first(memory: Memory) -> None:
    asked(memory, of("r1"), NEW_DATA)
    for code in (0, 3):
        memory.end_inside("r1", code)
    assert memory.trainings()[0].exit_code == 0


def test_while_it_trains_nobody_else_does(memory: Memory, tmp_path: Path) -> None:
    asked(memory, of("r1"), NEW_DATA)
    for other in (asked(memory, of("r2", hours=47), DRIFT), asked_here(memory, tmp_path, hours=47)):
        assert other.did is Did.RUNNING
        assert other.said == "The run r1 trains since 2025-06-01 00:00 UTC: one at a time."


def test_the_next_reason_waits_until_it_is_time(memory: Memory) -> None:
    asked(memory, of("r1"), NEW_DATA)
    memory.end_inside("r1", 0)
    assert asked(memory, of("r2", hours=23), DRIFT).did is Did.TOO_SOON
    assert asked(memory, of("r2", hours=24), DRIFT).did is Did.STARTED


def test_one_that_broke_is_begun_again_and_given_up_in_the_end(memory: Memory) -> None:
    did = []
    for run in ("r1", "r2", "r3"):
        did.append(asked(memory, of(run), NEW_DATA).did)
        memory.end_inside(run, 3)
    assert did == [Did.STARTED, Did.STARTED_AGAIN, Did.DONE_BEFORE]
    assert memory.trainings()[0].given_up


def test_a_run_of_which_nothing_was_heard_for_too_long_is_lost(memory: Memory, tmp_path: Path) -> None:
    asked(memory, of("r1"), NEW_DATA)
    action = asked_here(memory, tmp_path, hours=49)
    assert (action.did, action.exit_code) == (Did.STARTED_AGAIN, 0), "by the command of whoever takes over"
    memory.end_inside("r1", 3)
    assert memory.trainings()[0].exit_code == 0, "what the lost one says late is not about this attempt"


def test_what_another_experiment_did_not_end_is_not_taken_up_nor_forgotten(tmp_path: Path) -> None:
    birds, frogs = (Memory(tmp_path, name) for name in ("birds", "frogs"))
    asked(birds, of("r1"), NEW_DATA)
    assert asked(frogs, of("r2", hours=1), NEW_DATA).did is Did.RUNNING
    birds.end_inside("r1", 3)
    assert asked(frogs, of("r3", hours=25), NEW_DATA).did is Did.STARTED, (
        "its own reason, though of the same data"
    )
    frogs.end_inside("r3", 0)
    assert asked(birds, of("r4", hours=26), NEW_DATA).did is Did.STARTED_AGAIN


def test_a_run_does_not_take_up_what_a_command_of_another_experiment_left(tmp_path: Path) -> None:
    birds, frogs = (Memory(tmp_path, name) for name in ("birds", "frogs"))
    birds.ask([NEW_DATA], ["train", "birds"], NOW)
    assert asked(frogs, of("r1", hours=25)).did is Did.NO_REASON


def test_a_run_that_was_killed_on_this_machine_is_gone_on_with_at_once(memory: Memory) -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    here = replace(Inside.here("r1", NOW), pid=process.pid, born=born(process.pid) or "")
    asked(memory, here, NEW_DATA)
    assert asked(memory, Inside.here("r2", NOW), NEW_DATA).did is Did.RUNNING
    process.kill()
    process.communicate()
    assert asked(memory, Inside.here("r2", NOW), NEW_DATA).did is Did.STARTED_AGAIN
    assert memory.trainings()[0].attempts == 2
