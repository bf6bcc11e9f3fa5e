"""Training by workers on a Ray cluster: killed at any moment, it ends where an undisturbed one ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from silencio.cluster.meet import met
from silencio.data.windows.store import Windows
from silencio.handover import Handover
from silencio.settings import Experiment
from silencio.training.checkpoint import WEIGHTS
from silencio.training.epoch import Epoch
from silencio.training.run import train
from silencio.workspace import Workspace
from tests.conftest import ROOT
from tests.stores import make_windows
from tests.training.untracked import untracked

EPOCHS = 3


def experiment(**changed: object) -> Experiment:
    training = {"epochs": EPOCHS, "batch_size": 13, "threads": 1, "average": 0.9, "workers": 2, **changed}
    model = {"architecture": "fcnn", "hidden": [16]}
    return Experiment.model_validate({"name": "small", "model": model, "training": training})


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    """Of this machine, with room for more workers than it has cores."""
    with met(cores=4):
        yield


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Windows:
    return make_windows(tmp_path_factory.mktemp("store") / "windows")


def trained(
    asked: Experiment, store: Windows, folder: Path, on_epoch: Callable[[Epoch], None] = lambda epoch: None
) -> Handover:
    return train(asked, store, Workspace(folder), untracked, on_epoch)


@pytest.fixture(scope="module")
def undisturbed(store: Windows, tmp_path_factory: pytest.TempPathFactory) -> Handover:
    """Two workers, each with the whole model."""
    return trained(experiment(), store, tmp_path_factory.mktemp("undisturbed"))


def children(process: int) -> Iterator[int]:
    """All below it."""
    for thread in Path(f"/proc/{process}/task").glob("*/children"):
        for child in map(int, thread.read_text().split()):
            yield child
            yield from children(child)


def workers() -> list[int]:
    """The processes of Ray Train's workers that this process has brought about."""
    named = {child: Path(f"/proc/{child}/cmdline").read_bytes() for child in children(os.getpid())}
    return [child for child, name in named.items() if b"RayTrainWorker" in name]


@pytest.mark.slow
def test_one_worker_learns_what_a_training_without_ray_learns(store: Windows, tmp_path: Path) -> None:
    here = trained(experiment(workers=None), store, tmp_path / "here")
    there = trained(experiment(workers=1), store, tmp_path / "there")
    # The checkpoints differ in their experiment files: one names a worker.
    assert there.files[WEIGHTS] == here.files[WEIGHTS]


@pytest.mark.slow
def test_a_worker_that_is_killed_changes_nothing(
    undisturbed: Handover, store: Windows, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[int] = []

    def kill_one(epoch: Epoch) -> None:
        told.append(epoch.number)
        if told == [1]:
            os.kill(workers()[-1], signal.SIGKILL)

    killed = trained(experiment(), store, tmp_path, kill_one)

    assert "a worker died; all of them go on after epoch" in caplog.text
    assert told == list(range(1, EPOCHS + 1)), "no epoch is learnt twice"
    assert killed.digest == undisturbed.digest


@pytest.mark.slow
def test_a_worker_that_holds_a_part_of_every_layer_may_be_killed_too(store: Windows, tmp_path: Path) -> None:
    asked, told = experiment(sharding="fsdp2"), list[int]()

    def kill_one(epoch: Epoch) -> None:
        told.append(epoch.number)
        if told == [1]:
            os.kill(workers()[0], signal.SIGKILL)

    undisturbed = trained(asked, store, tmp_path / "undisturbed")
    killed = trained(asked, store, tmp_path / "killed", kill_one)

    assert told == list(range(1, EPOCHS + 1))
    assert killed.digest == undisturbed.digest


KILLED = """
import os, signal, sys
from pathlib import Path
from silencio.data.windows.store import Windows
from silencio.experiment import read_experiment
from silencio.handover import Kind, open_handover
from silencio.training.run import train
from silencio.workspace import Workspace
from tests.training.untracked import untracked

store, workspace, asked = sys.argv[1:]
train(read_experiment(asked), Windows(open_handover(Path(store), Kind.WINDOWS)), Workspace(workspace), untracked,
      lambda epoch: os.kill(os.getpid(), signal.SIGKILL))
"""


@pytest.mark.slow
def test_whoever_asked_may_be_killed_and_asks_again(
    undisturbed: Handover, store: Windows, tmp_path: Path
) -> None:
    call = [sys.executable, "-c", KILLED, str(store.handover.folder), str(tmp_path), experiment().to_yaml()]
    killed = subprocess.run(call, cwd=ROOT, check=False, timeout=500)
    told: list[int] = []

    again = trained(experiment(), store, tmp_path, lambda epoch: told.append(epoch.number))

    assert killed.returncode == -signal.SIGKILL
    assert told[-1] == EPOCHS
    assert 1 not in told, "what was learnt is not learnt again"
    assert again.digest == undisturbed.digest
