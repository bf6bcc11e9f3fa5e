"""A training that begins with what a champion learnt."""

import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from silencio.data.species import Species
from silencio.errors import WrongUse
from silencio.handover import Handover
from silencio.models import build
from silencio.settings import Experiment
from silencio.training.checkpoint import Checkpoint
from silencio.training.run import train
from silencio.training.warm_start import Ancestor, class_axes, inherit
from silencio.workspace import Workspace
from tests.conftest import ROOT
from tests.stores import SPECIES
from tests.training.eras import small, store_of_eras
from tests.training.untracked import untracked

RETRAINING = small("warm_start: true, era: newer, epochs: 6")
KILLED = """
import sys
from pathlib import Path
from tests.training.test_warm_start import RETRAINING, champion_in, retrain

folder = Path(sys.argv[1])
retrain(folder, champion_in(folder), lambda e: print(e.number, flush=True))
"""
OWL = Species("owl", "Owl", "Strix", "Aves")
NETWORKS = (
    "{architecture: cnn, width: 4}",
    "{architecture: cnn, width: 4, head: attention}",
    "{architecture: fcnn, hidden: [8]}",
    "{architecture: ensemble, members: [{architecture: cnn, width: 4}, {architecture: mobilenetv2}]}",
)


def champion_in(folder: Path, experiment: Experiment | None = None) -> Checkpoint:
    made = train(
        experiment or small(), store_of_eras(folder / "windows"), Workspace(folder / "workspace"), untracked
    )
    return Checkpoint(made)


def retrain(folder: Path, champion: Checkpoint | None, on_epoch=lambda e: None) -> Handover:  # type: ignore[no-untyped-def]
    windows, workspace = store_of_eras(folder / "windows"), Workspace(folder / "workspace")
    ancestor = Ancestor.of(champion) if champion else None
    return train(RETRAINING, windows, workspace, untracked, on_epoch, ancestor=ancestor)


def says(network: torch.nn.Module, shape: tuple[int, ...]) -> torch.Tensor:
    with torch.inference_mode():
        said: torch.Tensor = network.eval()(
            torch.randn(3, 1, *shape, generator=torch.Generator().manual_seed(1))
        )
    return said


@pytest.fixture(scope="module")
def champion(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return champion_in(tmp_path_factory.mktemp("champion"))


@pytest.mark.parametrize("model", NETWORKS)
def test_species_are_found_by_their_codes_whatever_their_order(model: str, tmp_path: Path) -> None:
    experiment = small("epochs: 1", model)
    before = champion_in(tmp_path, experiment)
    bird, _, frog = SPECIES
    now = (frog, OWL, bird)
    torch.manual_seed(5)
    network = build(experiment.model, experiment.audio.shape, len(now))

    inherited = inherit(network, before, experiment, now)

    assert (inherited.known, inherited.new, inherited.gone) == (("frog", "bird"), ("owl",), ("cricket",))
    ours, theirs = (says(n, experiment.audio.shape) for n in (network, before.network()))
    assert torch.equal(ours[:, [0, 2]], theirs[:, [2, 0]])


def test_what_is_said_of_a_new_species_begins_as_it_was_drawn(champion: Checkpoint) -> None:
    torch.manual_seed(5)
    network = build(champion.experiment.model, champion.experiment.audio.shape, 4)
    drawn = {name: tensor.clone() for name, tensor in network.state_dict().items()}

    inherit(network, champion, champion.experiment, (*SPECIES, OWL))

    axes = class_axes(champion.experiment)
    assert axes, "some layer says which species it is"
    for name, axis in axes.items():
        assert torch.equal(network.state_dict()[name].select(axis, 3), drawn[name].select(axis, 3))
        assert not torch.equal(network.state_dict()[name].select(axis, 0), drawn[name].select(axis, 0))


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (
            small(model="{architecture: mobilenetv2}"),
            "model.architecture cnn, here it is mobilenetv2; model.width 4, here it is 24",
        ),
        (small(model="{architecture: cnn, width: 6}"), "model.width 4, here it is 6"),
        (
            small().model_copy(update={"audio": small().audio.model_copy(update={"fmin": 0.0})}),
            "audio.fmin 50.0",
        ),
    ],
)
def test_another_network_or_front_end_is_refused_with_what_differs(
    now: Experiment, said: str, champion: Checkpoint
) -> None:
    network = build(now.model, now.audio.shape, 3)

    with pytest.raises(WrongUse, match=f"the champion has {said}.*set training.warm_start to false"):
        inherit(network, champion, now, SPECIES)


def test_what_a_dropout_is_makes_it_no_other_network(champion: Checkpoint) -> None:
    now = small(model="{architecture: cnn, width: 4, dropout: 0.5}")
    assert not inherit(build(now.model, now.audio.shape, 3), champion, now, SPECIES).new


def test_the_champion_is_among_what_a_checkpoint_is_made_from(champion: Checkpoint, tmp_path: Path) -> None:
    warm, scratch = retrain(tmp_path, champion), retrain(tmp_path, None)

    assert warm.facts["inputs"]["ancestor"] == champion.handover.digest
    assert scratch.facts["inputs"]["ancestor"] is None
    assert warm.folder != scratch.folder
    assert warm.digest != scratch.digest


def test_it_begins_where_the_champion_ended(champion: Checkpoint, tmp_path: Path) -> None:
    losses = []
    for began in (champion, None):
        first = list[float]()
        retrain(tmp_path / str(began is None), began, lambda e, first=first: first.append(e.loss))
        losses.append(first[0])
    assert losses[0] < losses[1]


def test_a_retraining_that_is_done_does_not_open_the_champion(champion: Checkpoint, tmp_path: Path) -> None:
    done = retrain(tmp_path, champion)

    def gone() -> Checkpoint:
        raise AssertionError("nobody needs it")

    found = train(
        RETRAINING,
        store_of_eras(tmp_path / "windows"),
        Workspace(tmp_path / "workspace"),
        untracked,
        ancestor=Ancestor(champion.handover.digest, gone),
    )
    assert found == done


@pytest.mark.slow
def test_killed_it_goes_on_and_ends_with_the_same_checkpoint(champion: Checkpoint, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "1\n"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        done = 1 + len(process.stdout.read().split())
    epochs = list[int]()

    went_on = retrain(tmp_path, champion_in(tmp_path), lambda e: epochs.append(e.number))

    assert epochs == list(range(done + 1, 7)), "only what was left is trained"
    assert went_on.digest == retrain(tmp_path / "undisturbed", champion).digest


def test_without_a_champion_it_learns_from_scratch_and_from_everything(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    windows = store_of_eras(tmp_path / "windows")
    everything = small("epochs: 6")
    with caplog.at_level(logging.INFO, "silencio"):
        first = retrain(tmp_path, None)

    assert "no champion to begin with: training from scratch, on everything" in caplog.text
    plain = train(everything, windows, Workspace(tmp_path / "workspace"), untracked)
    assert first.files["model.safetensors"] == plain.files["model.safetensors"]
    assert first.facts["inputs"] != plain.facts["inputs"], "asked for again after a promotion, it is found"


def test_a_training_that_begins_with_the_champion_has_epochs_of_its_own(
    champion: Checkpoint, tmp_path: Path
) -> None:
    windows, workspace = store_of_eras(tmp_path / "windows"), Workspace(tmp_path / "workspace")
    asked = small("warm_start: true, epochs: 3, warm_epochs: 1")

    warm, scratch = (
        train(asked, windows, workspace, untracked, ancestor=began) for began in (Ancestor.of(champion), None)
    )

    assert (warm.facts["epochs"], scratch.facts["epochs"]) == (1, 3)
    without = asked.model_copy(update={"training": asked.training.model_copy(update={"warm_epochs": None})})
    assert train(without, windows, workspace, untracked, ancestor=Ancestor.of(champion)).facts["epochs"] == 3


@pytest.mark.parametrize(("asked", "peak"), [("warm_learning_rate: 0.0003", 0.0003), ("", 0.003)])
def test_and_a_learning_rate_of_its_own(
    asked: str, peak: float, champion: Checkpoint, tmp_path: Path
) -> None:
    rates = list[float]()
    train(
        small(f"warm_start: true, {asked}"),
        store_of_eras(tmp_path / "windows"),
        Workspace(tmp_path / "workspace"),
        untracked,
        lambda epoch: rates.append(epoch.learning_rate),
        ancestor=Ancestor.of(champion),
    )
    assert 0 < max(rates) <= peak
    assert max(rates) > peak / 2
