"""`silencio pipeline run --if-needed`: the pipeline that schedules run, on this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from silencio.experiment import load_experiment
from silencio.settings import Site
from silencio.steps.house import House
from silencio.steps.inside import memory_of
from silencio.workspace import Workspace
from tests.conftest import Walked, silencio

ASKED = ("pipeline", "run", "tiny", "--if-needed", "--set", "optimize.variants=[fp32]")


def steps(printed: str) -> list[str]:
    """Those that ended, by name."""
    marked = [line.split() for line in printed.splitlines() if line.startswith("  ")]
    return [name for mark, name, *_ in marked if mark in "✓≡✗"]


def test_where_nothing_is_new_a_run_looks_and_the_champion_stays(walked: Walked) -> None:
    """Without what guides corrected, which is new."""
    done = silencio(*ASKED, "--no-feedback", workspace=walked.house.workspace.root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert steps(done.stdout) == ["watch", "notify"]
    assert "Nothing new: the champion stays." in done.stdout


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(load_experiment("tiny"), Site(workspace=str(tmp_path)), Workspace(tmp_path))
    yield house
    house.tracks.stop_all()


@pytest.mark.slow
def test_where_there_is_a_reason_it_trains_and_the_next_run_knows(house: House) -> None:
    def asked() -> str:
        done = silencio(*ASKED, workspace=house.workspace.root)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    first, again = asked(), asked()

    assert steps(first)[0] == "watch"
    assert {"retrain", "register", "deploy-staging", "notify"} <= set(steps(first))
    [training] = memory_of(house).trainings()
    assert ([reason.why for reason in training.reasons], training.exit_code) == (["no champion"], 0)
    assert [version.stage for version in house.registry.versions()] == ["staging"]
    assert steps(again) == ["watch", "notify"]
    assert f"For these reasons the training {training.name} was started on" in again
