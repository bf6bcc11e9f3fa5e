"""The commands of retrain.yml, in order, on this machine."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from silencio.commands.words import house_at
from silencio.registry.stages import Stage

from .reading import ROOT, read
from .runner import Runner

RETRAIN = read("retrain")
TRAINING = "silencio pipeline run"


@dataclass(frozen=True)
class Retraining:
    runner: Runner
    workspace: Path


@pytest.fixture(scope="module", autouse=True)
def _environment_is_made() -> None:
    """`make env` is run as it stands, where it only finds that all is there: no test installs into what runs it."""
    if subprocess.run(["make", "--question", ".venv/ready"], cwd=ROOT, capture_output=True).returncode:
        pytest.skip("The environment is missing or older than its lock: run `make env`.")


@pytest.fixture(scope="module")
def retrained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retraining]:
    workspace = tmp_path_factory.mktemp("workspace")
    runner = runner_for("tiny", tmp_path_factory.mktemp("runner"), workspace)
    try:
        runner.run(RETRAIN, "retrain")
        yield Retraining(runner, workspace)
    finally:
        house_at("tiny", workspace).tracks.stop_all()


def runner_for(experiment: str, folder: Path, workspace: Path) -> Runner:
    return Runner(folder, {"inputs.experiment": experiment, "vars.SILENCIO_WORKSPACE": str(workspace)})


def test_an_empty_workspace_gets_as_far_as_the_training(tmp_path: Path) -> None:
    outcomes = runner_for("tiny", tmp_path, tmp_path / "workspace").run(RETRAIN, "retrain", before=TRAINING)

    assert [outcome.exit_code for outcome in outcomes] == [0, 0], outcomes[-1].said
    assert outcomes[-1].said.startswith("record\t0 lines")


def test_nothing_is_trained_after_a_step_that_failed(tmp_path: Path) -> None:
    outcomes = runner_for("no-such-preset", tmp_path, tmp_path / "workspace").run(RETRAIN, "retrain")

    left_out = [outcome.command for outcome in outcomes if outcome.exit_code is None]
    assert [outcome.exit_code for outcome in outcomes] == [0, 2, None, None, 2]
    assert [command.split('"')[0].strip() for command in left_out] == [TRAINING, "silencio watch"]


@pytest.mark.slow
def test_every_step_succeeds(retrained: Retraining) -> None:
    for outcome in retrained.runner.outcomes:
        by_the_clock = outcome.command.startswith("silencio watch")
        assert outcome.exit_code == (None if by_the_clock else 0), f"{outcome.command}\n{outcome.said}"


@pytest.mark.slow
def test_a_version_stands_on_staging(retrained: Retraining) -> None:
    versions = house_at("tiny", retrained.workspace).registry.versions()

    assert [version.stage for version in versions] == [Stage.STAGING]


@pytest.mark.slow
def test_the_summary_of_the_run_is_the_report(retrained: Retraining) -> None:
    reports = [path.read_text() for path in (retrained.workspace / "reports").glob("*/report.md")]

    assert [retrained.runner.summary.read_text()] == reports
