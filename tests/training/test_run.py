import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from silencio.data.species import write_species
from silencio.errors import SilencioError
from silencio.handover import Handover
from silencio.registry.runs import Runs
from silencio.settings import Site
from silencio.training.checkpoint import Checkpoint
from silencio.training.epoch import Epoch
from silencio.training.loop import WARM_UP, fit, warm_cosine
from silencio.training.run import train
from silencio.workspace import Workspace
from tests.conftest import ROOT
from tests.stores import PARTS, make_experiment, make_windows

KILLED = """
import sys
from pathlib import Path
from silencio.registry.runs import Runs
from silencio.settings import Site
from silencio.training.run import train
from silencio.workspace import Workspace
from tests.stores import make_experiment, make_windows

folder = Path(sys.argv[1])
workspace = Workspace(folder / "workspace")
windows = make_windows(folder / "windows")
train(make_experiment(), windows, workspace, Runs(Site(), workspace).open, lambda e: print(e.number, flush=True))
"""


def trained(folder: Path) -> tuple[Handover, list[Epoch]]:
    """The checkpoint, and the epochs that it took from here."""
    from silencio.data.windows.store import Windows
    from silencio.handover import Kind, open_handover

    store = folder / "windows"
    windows = Windows(open_handover(store, Kind.WINDOWS)) if store.exists() else make_windows(store)
    workspace, epochs = Workspace(folder / "workspace"), list[Epoch]()
    runs = Runs(Site(), workspace)
    return train(make_experiment(), windows, workspace, runs.open, epochs.append), epochs


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Handover, list[Epoch]]:
    """A training that nobody disturbed."""
    return trained(tmp_path_factory.mktemp("whole"))


def test_the_same_experiment_and_data_give_the_same_checkpoint(
    whole: tuple[Handover, list[Epoch]], tmp_path: Path
) -> None:
    assert trained(tmp_path)[0].digest == whole[0].digest


def test_killed_after_an_epoch_it_goes_on_and_ends_with_the_same_checkpoint(
    whole: tuple[Handover, list[Epoch]], tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "1\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = len(process.stdout.read().split()) + 1
    process.stdout.close()

    checkpoint, epochs = trained(tmp_path)

    assert [e.number for e in epochs] == list(range(done + 1, 4)), "only what was left is trained"
    assert checkpoint.digest == whole[0].digest


def test_a_killed_training_goes_on_in_the_run_that_it_began(tmp_path: Path) -> None:
    runs = Runs(Site(), Workspace(tmp_path))
    with pytest.raises(KeyboardInterrupt), runs.open("key", {"experiment": "small"}) as first:
        raise KeyboardInterrupt
    with runs.open("key", {"experiment": "small"}) as second:
        pass
    assert second.run_id == first.run_id
    assert runs.client.get_run(second.run_id).info.status == "FINISHED"


def test_what_is_trained_already_is_only_looked_up(whole: tuple[Handover, list[Epoch]]) -> None:
    again, epochs = trained(whole[0].folder.parents[3])
    assert epochs == []
    assert again == whole[0]


def test_the_run_in_mlflow_has_parameters_curves_and_the_checkpoint(
    whole: tuple[Handover, list[Epoch]],
) -> None:
    checkpoint, epochs = whole
    client = Runs(Site(), Workspace(checkpoint.folder.parents[2])).client
    run = client.get_run(checkpoint.facts["run_id"])
    assert run.info.status == "FINISHED"
    assert run.data.params["training.epochs"] == "3"
    assert run.data.params["windows"] == checkpoint.facts["inputs"]["windows"]
    curve = client.get_metric_history(run.info.run_id, "validation_map")
    assert [m.value for m in sorted(curve, key=lambda m: m.step)] == [e.validation_map for e in epochs]
    kept = {file.path for file in client.list_artifacts(run.info.run_id, "checkpoint")}
    assert "checkpoint/model.safetensors" in kept


def test_a_checkpoint_opens_as_the_model_of_its_best_epoch(whole: tuple[Handover, list[Epoch]]) -> None:
    checkpoint = Checkpoint(whole[0])
    assert checkpoint.experiment == make_experiment()
    assert [s.code for s in checkpoint.species] == ["bird", "cricket", "frog"]
    with torch.inference_mode():
        assert checkpoint.model()(torch.zeros(1, 1, 32, 33)).shape == (1, 3)


def test_a_checkpoint_holds_no_pickle(whole: tuple[Handover, list[Epoch]]) -> None:
    assert {p.suffix for p in whole[0].folder.iterdir()} == {".safetensors", ".yaml", ".csv", ".json"}


def test_training_teaches(tmp_path: Path) -> None:
    windows = make_windows(tmp_path / "windows")
    longer = make_experiment().model_copy(
        update={"training": make_experiment().training.model_copy(update={"epochs": 8, "mixup": 0.0})}
    )
    _, history = fit(longer, windows, tmp_path / "state", lambda epoch: None)
    assert history[-1].loss < 0.7 * history[0].loss


def test_a_part_without_windows_is_an_error_that_says_what_to_change(tmp_path: Path) -> None:
    windows = make_windows(tmp_path / "windows")
    lonely = windows.index.with_columns(part=windows.index["part"].replace({"validation": "train"}))
    windows.__dict__["index"] = lonely
    count = PARTS["train"] + PARTS["validation"]
    with pytest.raises(SilencioError, match=f"{count} windows to train on and 0 to validate on"):
        fit(make_experiment(), windows, tmp_path / "state", lambda epoch: None)


def test_the_learning_rate_climbs_then_falls() -> None:
    rates = [warm_cosine(step / 100) for step in range(101)]
    peak = rates.index(max(rates))
    assert peak == round(100 * WARM_UP)
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[-1] < 1e-3


def test_where_nobody_said_what_calls_there_is_nothing_to_learn(tmp_path: Path) -> None:
    windows = make_windows(tmp_path / "windows")
    write_species((), windows.handover / "species.csv")

    with pytest.raises(SilencioError, match="Nobody said what calls in these 78 windows"):
        fit(make_experiment(), windows, tmp_path / "state", lambda epoch: None)
