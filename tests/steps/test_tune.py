"""Tuning on three speakers of three digits: one teaches, one validates, one is never heard."""

import io
import os
import signal
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from silencio.commands.tune import tune as tune_command
from silencio.errors import WrongUse
from silencio.experiment import changed, load_experiment
from silencio.progress import Progress
from silencio.registry.runs import Runs
from silencio.settings import Experiment, Site
from silencio.steps import build
from silencio.steps.house import House
from silencio.steps.tune import tune
from silencio.workspace import Workspace
from tests.conftest import ROOT
from tests.digits import digits_experiment, speak

TRIALS = 3
SPACE = """
tuning:
  space:
    training.learning_rate: {low: 0.0001, high: 0.1, log: true}
    data.secondary_weight: {low: 0.1, high: 0.5}
  startup_trials: 2
  minimum_epochs: 1
"""
KILLED = """
import sys
from contextlib import redirect_stdout
from pathlib import Path
from silencio.experiment import read_experiment
from silencio.settings import Site
from silencio.steps.house import House
from silencio.steps.tune import tune
from silencio.workspace import Workspace

folder = Path(sys.argv[1])
house = House(read_experiment(sys.argv[2]), Site(workspace=str(folder)), Workspace(folder))
tune(house, 3, lambda progress: print(progress.what, flush=True))
"""


def searched(spoken: Path) -> Experiment:
    return changed(
        digits_experiment(spoken, SPACE), {"data.split.validation": 0.34, "data.split.test": 0.33}, "test"
    )


def house_at(folder: Path, experiment: Experiment) -> House:
    return House(experiment, Site(workspace=str(folder)), Workspace(folder))


def table(folder: Path) -> list[list[str]]:
    """trials.csv, but for how long each trial took."""
    rows = [
        line.split(",") for line in next(folder.glob("models/tuning/*/trials.csv")).read_text().splitlines()
    ]
    return [row[:4] + row[5:] for row in rows]


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return speak(tmp_path_factory.mktemp("data") / "spoken")


@pytest.fixture(scope="module")
def printed(spoken: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The workspace in which the command searched, and what it said."""
    folder = tmp_path_factory.mktemp("searched")
    file = folder / "spoken.yaml"
    file.write_text(searched(spoken).to_yaml())
    with redirect_stdout(io.StringIO()) as said:
        tune_command(str(file), folder / "workspace", trials=TRIALS)
    return folder / "workspace", said.getvalue()


def test_the_best_file_is_trained_as_it_is_and_its_checkpoint_is_there_already(
    printed: tuple[Path, str],
) -> None:
    workspace, _ = printed
    best = load_experiment(str(next(workspace.glob("models/tuning/*/best.yaml"))))
    house, epochs = house_at(workspace, best), list[Progress]()

    checkpoint = build.train(house, build.features(house, build.ingest(house)), epochs.append)

    assert not epochs, "nothing is trained again"
    best_of_all = max(float(row[2]) for row in table(workspace)[1:] if row[1] == "complete")
    assert checkpoint.facts["validation_map"] == pytest.approx(best_of_all)


def test_the_command_ends_with_the_best_trials_and_where_everything_lies(printed: tuple[Path, str]) -> None:
    workspace, said = printed

    first, *_ = said.splitlines()
    assert first == "trial\tvalidation mAP\tepochs\tdata.secondary_weight\ttraining.learning_rate"
    for name in ("best.yaml", "trials.csv", "history.png", "values.png"):
        assert str(next(workspace.glob(f"models/tuning/*/{name}"))) in said


def test_trials_are_runs_within_the_searchs(printed: tuple[Path, str]) -> None:
    workspace, _ = printed
    runs = Runs(Site(workspace=str(workspace)), Workspace(workspace))
    experiment = runs.client.get_experiment_by_name("silencio-spoken")
    found = runs.client.search_runs([experiment.experiment_id])

    group = next(run for run in found if "mlflow.parentRunId" not in run.data.tags)
    trials = [run for run in found if run.data.tags.get("mlflow.parentRunId") == group.info.run_id]
    assert sorted(run.info.run_name for run in trials) == [f"trial {n}" for n in range(TRIALS)]
    assert "best_validation_map" in group.data.metrics


def test_what_a_trial_that_was_cut_short_left_behind_is_removed(printed: tuple[Path, str]) -> None:
    workspace, _ = printed

    assert not list(workspace.glob("models/checkpoints/*.partial"))
    complete = [row for row in table(workspace) if row[1] == "complete"]
    assert len(list(workspace.glob("models/checkpoints/*/manifest.json"))) == len(complete)


@pytest.mark.slow
def test_killed_in_a_trial_it_ends_as_one_that_never_was(
    spoken: Path, printed: tuple[Path, str], tmp_path: Path
) -> None:
    experiment = searched(spoken)
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path), experiment.to_yaml()],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            if "trial 1 in epoch 1 of 2" in line:
                os.kill(process.pid, signal.SIGKILL)
                break
        process.wait()
    assert len(table(tmp_path)) == 1 + 1, "one trial was over"

    tune(house_at(tmp_path, experiment), TRIALS)

    assert table(tmp_path) == table(printed[0])


def test_without_a_validation_part_there_is_nothing_to_choose_by(spoken: Path, tmp_path: Path) -> None:
    house = house_at(tmp_path, digits_experiment(spoken, SPACE))

    with pytest.raises(WrongUse, match=r"no validation part, .* Set data\.split\.validation"):
        tune(house)


def test_workers_are_for_ray(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="--workers 2 is for Ray"):
        tune_command("tiny", tmp_path, workers=2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"training.self_training.rounds": 1},
            r"rounds is 1, and a trial is one training\. Tune with 0 rounds",
        ),
        (
            {"model": {"architecture": "ensemble", "members": [{"architecture": "cnn"}] * 2}},
            r"is ensemble, and a trial is the training of one model\. Tune its members",
        ),
    ],
    ids=["rounds", "members"],
)
def test_what_is_several_trainings_is_refused_before_any(
    change: dict[str, object], message: str, tmp_path: Path
) -> None:
    asked = changed(searched(tmp_path), change, "test")
    with pytest.raises(WrongUse, match=message):
        tune(house_at(tmp_path, asked))
