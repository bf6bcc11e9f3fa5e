"""Stopped in any way, in any step, and started again: a run goes on, and comes to the same."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.local import run
from pipelines.step import State, Step
from pipelines.warm import warm_steps
from silencio.handover import Kind, open_handover
from silencio.workspace import Workspace
from tests.conftest import ROOT
from tests.pipelines.counted import LINES, counted
from tests.pipelines.test_warm import gone


@dataclass(frozen=True)
class Stop:
    how: signal.Signals
    all_of_them: bool
    """As a terminal's Ctrl-C does; else only the command hears of it."""
    when: str
    code: int


STOPS = (
    Stop(signal.SIGKILL, True, "lines of one", -signal.SIGKILL),
    Stop(signal.SIGINT, True, "lines of left", 128 + signal.SIGINT),
    Stop(signal.SIGTERM, False, "lines of last", 128 + signal.SIGTERM),
)


def nobody(steps: list[Step]) -> None:
    """Follows nothing."""


def made(workspace: Workspace) -> dict[str, str]:
    """What each step wrote, by its digest."""
    folders = [path.parent for path in (workspace / Kind.CHECKPOINT.value).glob("*/manifest.json")]
    return {open_handover(f, Kind.CHECKPOINT).digest: (f / "lines.txt").read_text() for f in folders}


def group_of(leader: int) -> list[int]:
    """The processes of a group that live."""
    living = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            state, _, group, *_ = (place / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        if int(group) == leader and state != "Z":
            living.append(int(place.name))
    return living


def stopped(folder: Path, stop: Stop) -> str:
    """What a run said that was stopped in the midst of a step."""
    run = subprocess.Popen(
        [sys.executable, "-m", "tests.pipelines.counted", str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert run.stdout is not None
    said = next(line for line in run.stdout if stop.when in line)
    assert said.startswith("progress ")
    members = group_of(run.pid)
    if stop.all_of_them:
        os.killpg(run.pid, stop.how)
    else:
        run.send_signal(stop.how)
    _, errors = run.communicate(timeout=60)
    assert run.returncode == stop.code, errors
    assert all(gone(pid) for pid in members)
    return errors


@pytest.fixture(scope="module", autouse=True)
def _warm() -> Iterator[None]:
    with warm_steps(imported=()):
        yield


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("undisturbed")
    run(counted, {"workspace": str(folder)}, Workspace(folder), nobody)
    return Workspace(folder)


def test_stopped_in_one_step_after_another_nothing_is_lost_or_doubled(
    tmp_path: Path, undisturbed: Workspace
) -> None:
    for stop in STOPS:
        errors = stopped(tmp_path, stop)
        if stop.how is not signal.SIGKILL:
            assert errors == "Stopped. What is done is kept: the same command goes on from here.\n"
    steps = run(counted, {"workspace": str(tmp_path)}, Workspace(tmp_path), nobody)
    assert steps[0].state is State.CACHED
    assert steps[-1].state is State.DONE
    found = made(Workspace(tmp_path))
    assert found == made(undisturbed)
    assert sorted(len(text.splitlines()) for text in found.values()) == [LINES] * 4
