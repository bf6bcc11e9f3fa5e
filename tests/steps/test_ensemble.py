"""Several models, trained one by one, that are one checkpoint to whoever comes after."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from silencio.commands.trained import where_it_lies
from silencio.data.windows.store import Windows
from silencio.errors import WrongUse
from silencio.evaluation.judged import judged_on
from silencio.evaluation.run import checkpoint_scores
from silencio.handover import Handover, Kind, open_handover
from silencio.optimize.bundle import Bundle
from silencio.optimize.rows import Table
from silencio.progress import Progress
from silencio.registry.runs import Runs
from silencio.settings import Experiment, Site
from silencio.steps import build
from silencio.steps.ensemble import weigh
from silencio.steps.house import House
from silencio.terminal import show
from silencio.training.checkpoint import Checkpoint
from silencio.workspace import Workspace
from tests.conftest import ROOT
from tests.stores import FRONT_END, make_catalog, make_experiment, make_windows

MODEL = """
model:
  architecture: ensemble
  members: [{architecture: cnn, width: 4}, {architecture: fcnn, hidden: [8]}]
"""

KILLED = """
import sys
from pathlib import Path
from tests.steps.test_ensemble import house_in, learn

learn(house_in(Path(sys.argv[1])), lambda progress: print(progress.what, flush=True))
"""


def experiment_of(loss: str = "bce", model: str = MODEL) -> Experiment:
    experiment = make_experiment(model)
    training = experiment.training
    learning = {"loss": training.loss.model_copy(update={"name": loss}), "learning_rate": 0.02}
    changed = {"audio": FRONT_END, "training": training.model_copy(update=learning)}
    return experiment.model_copy(update=changed)


def house_in(folder: Path, experiment: Experiment | None = None) -> House:
    workspace = folder / "workspace"
    return House(experiment or experiment_of(), Site(workspace=str(workspace)), Workspace(workspace))


def windows_of(house: House) -> Windows:
    store = house.workspace.root.parent / "windows"
    return Windows(open_handover(store, Kind.WINDOWS)) if store.exists() else make_windows(store)


def learn(house: House, tell: object = lambda progress: None) -> Handover:
    return build.train(house, windows_of(house).handover, tell)


@pytest.fixture(scope="module", params=["bce", "cross_entropy"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> House:
    return house_in(tmp_path_factory.mktemp(request.param), experiment_of(request.param))


@pytest.fixture(scope="module")
def told() -> list[Progress]:
    return []


@pytest.fixture(scope="module")
def checkpoint(house: House, told: list[Progress]) -> Checkpoint:
    told.clear()
    return Checkpoint(learn(house, told.append))


def members_of(house: House, checkpoint: Checkpoint) -> list[Checkpoint]:
    """In the order of the ensemble."""
    folders = (house.workspace / Kind.CHECKPOINT.value).glob("*/manifest.json")
    there = {h.digest: Checkpoint(h) for h in (open_handover(f.parent, Kind.CHECKPOINT) for f in folders)}
    return [there[member["checkpoint"]] for member in checkpoint.facts["members"]]


def test_it_says_the_weighted_mean_of_its_members_probabilities(house: House, checkpoint: Checkpoint) -> None:
    windows = windows_of(house)
    judged = judged_on(windows, "test")
    members = [checkpoint_scores(one, windows, judged) for one in members_of(house, checkpoint)]
    weights = [member["weight"] for member in checkpoint.facts["members"]]
    mean = sum(weight * said for weight, said in zip(weights, members, strict=True))

    np.testing.assert_allclose(checkpoint_scores(checkpoint, windows, judged), mean, atol=1e-5)
    assert sum(weights) == pytest.approx(1)
    assert not np.allclose(members[0], members[1], atol=0.05), "two models, not one twice"


def test_its_facts_name_its_members_what_they_weigh_and_what_each_reached(
    house: House, checkpoint: Checkpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = checkpoint.facts
    assert [member["architecture"] for member in facts["members"]] == ["cnn", "fcnn"]
    assert all(0 < member["validation_map"] <= 1 for member in facts["members"])
    assert facts["validation_map"] > 0
    assert facts["weighed_on"] == len(windows_of(house).rows("validation"))

    show(checkpoint.handover)

    printed = capsys.readouterr().out
    assert "members 1\tarchitecture cnn, checkpoint" in printed
    assert "members 2\tarchitecture fcnn, checkpoint" in printed


def test_progress_is_of_all_members_together(checkpoint: Checkpoint, told: list[Progress]) -> None:
    assert [progress.done for progress in told] == [1, 2, 3, 4, 5, 6]
    assert {progress.of for progress in told} == {6}
    assert told[3].what.startswith("member 2 of 2, epochs, loss")


def test_members_are_runs_within_the_ensembles_run(house: House, checkpoint: Checkpoint) -> None:
    client = Runs(house.site, house.workspace).client
    run = client.get_run(checkpoint.facts["run_id"])
    assert run.data.metrics["validation_map"] == pytest.approx(checkpoint.facts["validation_map"])
    kept = {file.path for file in client.list_artifacts(run.info.run_id, "checkpoint")}
    assert "checkpoint/model.safetensors" in kept
    for member in members_of(house, checkpoint):
        nested = client.get_run(member.facts["run_id"])
        assert nested.data.tags["mlflow.parentRunId"] == run.info.run_id


def test_what_is_trained_already_is_only_looked_up(house: House, checkpoint: Checkpoint) -> None:
    again: list[Progress] = []
    assert learn(house, again.append) == checkpoint.handover
    assert again == []


@pytest.mark.parametrize("house", ["cross_entropy"], indirect=True)
def test_evaluate_and_optimize_take_it_as_any_other(house: House, checkpoint: Checkpoint) -> None:
    store = windows_of(house)
    catalog, windows = make_catalog(store), store.handover
    report = build.evaluate(house, catalog, windows, checkpoint.handover, None)

    bundle = Bundle(build.optimize(house, catalog, windows, checkpoint.handover, None))

    assert report.facts["decision"] == "pass"
    assert bundle.facts["architecture"] == "ensemble"
    assert bundle.facts["export_difference"] < 1e-4
    rows = {row.variant: row for row in Table.read(bundle.folder).rows}
    assert rows["fp32"].map == pytest.approx(report.facts["map"], abs=1e-3)
    for name in ("inc_static", "ort_static"):
        assert rows[name].map == pytest.approx(report.facts["map"], abs=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("house", ["bce"], indirect=True)
def test_killed_between_its_members_it_goes_on_with_the_second_and_ends_the_same(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    windows_of(house_in(tmp_path))
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        while not process.stdout.readline().startswith("member 2"):
            assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    told: list[Progress] = []
    killed = learn(house_in(tmp_path), told.append)

    assert all(progress.what.startswith("member 2") for progress in told)
    assert killed.digest == checkpoint.handover.digest


def test_where_nobody_validates_all_weigh_the_same_and_it_is_said(
    house: House, checkpoint: Checkpoint, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    weighed = weigh(
        members_of(house, checkpoint), make_windows(tmp_path / "windows", parts={"train": 4, "test": 2})
    )

    assert [member.weight for member in weighed.members] == [0.5, 0.5]
    assert (weighed.validation_map, weighed.windows) == (None, 0)
    assert "Nobody validates: the members of the ensemble weigh the same." in caplog.text


@pytest.mark.parametrize("house", ["bce"], indirect=True)
def test_two_members_of_one_kind_begin_differently(house: House, checkpoint: Checkpoint) -> None:
    twice = experiment_of(
        model=MODEL.replace("{architecture: fcnn, hidden: [8]}", "{architecture: cnn, width: 4}")
    )
    again: list[Progress] = []

    made = Checkpoint(learn(house_in(house.workspace.root.parent, twice), again.append))

    one, other = members_of(house, made)
    assert one.handover.digest == members_of(house, checkpoint)[0].handover.digest
    assert all(progress.what.startswith("member 2") for progress in again), "the first is known"
    assert one.experiment.seed + 1 == other.experiment.seed
    assert one.handover.digest != other.handover.digest


def test_an_ensemble_does_not_begin_with_one_models_weights(tmp_path: Path) -> None:
    experiment = experiment_of()
    warm = experiment.training.model_copy(update={"warm_start": True})
    with pytest.raises(WrongUse, match=r"warm_start begins with one model's weights.* is ensemble"):
        learn(house_in(tmp_path, experiment.model_copy(update={"training": warm})))


def test_a_training_ends_with_what_each_member_weighs(checkpoint: Checkpoint, house: House) -> None:
    said = where_it_lies(checkpoint.handover, house)

    assert [what for what, _ in said][:4] == ["checkpoint", "member", "member", "together"]
    assert re.match(r"cnn, weight [01]\.\d{3}, validation mAP [01]\.", said[1][1])
    assert re.match(r"2 models, validation mAP [01]\.\d{3}$", said[3][1])
