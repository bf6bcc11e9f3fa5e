import os
import signal
import subprocess
import sys
from contextlib import nullcontext, suppress
from pathlib import Path

import polars as pl
import pytest
import torch

from silencio.data.species import write_species
from silencio.data.windows.store import Windows
from silencio.errors import SilencioError, WrongUse
from silencio.handover import Handover, Kind, open_handover, seal
from silencio.registry.runs import Runs
from silencio.settings import Augment, Experiment, Loss, Site, Training
from silencio.training.checkpoint import LAST, WEIGHTS, Checkpoint
from silencio.training.epoch import Epoch
from silencio.training.lesson import Lesson
from silencio.training.loop import Trained, fit
from silencio.training.run import train, write
from silencio.training.tracker import Described
from silencio.workspace import Workspace
from tests.conftest import ROOT
from tests.stores import SPECIES, make_experiment, make_windows
from tests.training.untracked import Untracked, untracked

KILLED = """
import sys
from pathlib import Path
from silencio.experiment import read_experiment
from silencio.training.run import train
from silencio.workspace import Workspace
from tests.stores import make_windows
from tests.training.untracked import untracked

folder, experiment = Path(sys.argv[1]), read_experiment(sys.argv[2])
windows = make_windows(folder / "windows")
train(experiment, windows, Workspace(folder / "workspace"), untracked, lambda e: print(e.number, flush=True))
"""

EXPERIMENT = make_experiment().model_copy(
    update={
        "training": Training(
            epochs=12,
            batch_size=12,
            threads=1,
            loss=Loss(name="focal", class_weights="balanced", secondary="ignored"),
            optimizer="Adam",
            optimizer_options={"betas": [0.8, 0.99]},
            learning_rate=1e-3,
            schedule="ReduceLROnPlateau",
            schedule_options={"patience": 0, "factor": 0.5},
            patience=2,
            min_delta=0.1,
            keep_last=True,
            average=0.9,
            augment=Augment(mixup=0.4),
        )
    }
)
"""It uses all that carries something over from one epoch to the next, and ends by itself."""


def trained(folder: Path, tracked: bool = False) -> tuple[Handover, list[Epoch]]:
    """The checkpoint, and the epochs that it took from here."""
    store = folder / "windows"
    windows = Windows(open_handover(store, Kind.WINDOWS)) if store.exists() else make_windows(store)
    workspace, epochs = Workspace(folder / "workspace"), list[Epoch]()
    tracker = Runs(Site(), workspace).open if tracked else untracked
    return train(EXPERIMENT, windows, workspace, tracker, epochs.append), epochs


def learn(experiment: Experiment, windows: Windows, state: Path, weights: Path | None = None) -> Trained:
    return fit(experiment, Lesson.of(experiment, windows), state, lambda epoch: None, weights)


def with_training(settings: Training) -> Experiment:
    return make_experiment().model_copy(update={"training": settings})


def killed_after_an_epoch(folder: Path, experiment: Experiment) -> int:
    """`kill -9` once the first epoch is over; how many were."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder), experiment.to_yaml()],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "1\n"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        return len(process.stdout.read().split()) + 1


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Handover, list[Epoch]]:
    """A training that nobody disturbed."""
    return trained(tmp_path_factory.mktemp("whole"), tracked=True)


def test_the_same_experiment_and_data_give_the_same_checkpoint(
    whole: tuple[Handover, list[Epoch]], tmp_path: Path
) -> None:
    assert trained(tmp_path)[0].digest == whole[0].digest


def test_killed_after_an_epoch_it_goes_on_and_ends_with_the_same_checkpoint(
    whole: tuple[Handover, list[Epoch]], tmp_path: Path
) -> None:
    undisturbed, all_epochs = whole
    done = killed_after_an_epoch(tmp_path, EXPERIMENT)

    checkpoint, epochs = trained(tmp_path)

    assert undisturbed.facts["stopped_early"]
    assert epochs == all_epochs[done:], "only what was left is trained"
    assert checkpoint.digest == undisturbed.digest


def test_a_killed_training_goes_on_in_the_run_that_it_began(tmp_path: Path) -> None:
    runs = Runs(Site(), Workspace(tmp_path))
    with pytest.raises(KeyboardInterrupt), runs.open("key", Described("small")) as first:
        raise KeyboardInterrupt
    with runs.open("key", Described("small")) as second:
        pass
    assert second.run_id == first.run_id
    assert runs.client.get_run(second.run_id).info.status == "FINISHED"


def test_an_epoch_whose_word_a_kill_cut_off_is_told_by_who_goes_on(tmp_path: Path) -> None:
    told = list[int]()

    class Listens(Untracked):
        def epoch(self, epoch: Epoch) -> None:
            told.append(epoch.number)

    class IsKilled(Untracked):
        def epoch(self, epoch: Epoch) -> None:
            raise KeyboardInterrupt

    windows, workspace = make_windows(tmp_path / "windows"), Workspace(tmp_path)
    with suppress(KeyboardInterrupt):
        train(make_experiment(), windows, workspace, lambda key, described: nullcontext(IsKilled(key)))

    train(make_experiment(), windows, workspace, lambda key, described: nullcontext(Listens(key)))

    assert told == [2, 3, 1, 2, 3], "a tracker leaves out what it has"


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
    assert run.data.params["training.epochs"] == "12"
    assert run.data.params["windows"] == checkpoint.facts["inputs"]["windows"]
    curve = client.get_metric_history(run.info.run_id, "validation_map")
    assert [m.value for m in sorted(curve, key=lambda m: m.step)] == [e.validation_map for e in epochs]
    kept = {file.path for file in client.list_artifacts(run.info.run_id, "checkpoint")}
    assert "checkpoint/model.safetensors" in kept
    (curves,) = client.list_artifacts(run.info.run_id, "plots")
    assert curves.path == f"plots/{checkpoint.folder.name}.png"


def test_a_checkpoint_opens_as_the_model_of_its_best_epoch(whole: tuple[Handover, list[Epoch]]) -> None:
    checkpoint = Checkpoint(whole[0])
    assert checkpoint.experiment == EXPERIMENT
    assert [s.code for s in checkpoint.species] == ["bird", "cricket", "frog"]
    with torch.inference_mode():
        assert checkpoint.model()(torch.zeros(1, 1, 32, 33)).shape == (1, 3)


def test_a_checkpoint_holds_no_pickle(whole: tuple[Handover, list[Epoch]]) -> None:
    assert {p.suffix for p in whole[0].folder.iterdir()} == {".safetensors", ".yaml", ".csv", ".json"}


def test_a_checkpoint_says_how_fast_it_was_made_where_no_digest_covers_it(
    whole: tuple[Handover, list[Epoch]],
) -> None:
    checkpoint, _ = whole
    assert checkpoint.facts["windows_per_second"] > 0
    assert 0 <= checkpoint.facts["wait_share"] < 1
    assert "wait_share" not in (checkpoint / "history.json").read_text()


def test_every_epoch_tells_its_pace_and_what_is_left(whole: tuple[Handover, list[Epoch]]) -> None:
    first, *_, last = whole[1]
    assert 0 <= first.wait_share < 1
    assert first.seconds_left == pytest.approx(11 * first.seconds)
    assert last.seconds_left < first.of * last.seconds
    assert last.figures().keys() == {
        "loss",
        "validation_loss",
        "validation_map",
        "learning_rate",
        "seconds",
        "windows_per_second",
        "wait_share",
    }


def test_the_last_weights_are_kept_beside_the_best_if_they_are_asked_for(
    whole: tuple[Handover, list[Epoch]], tmp_path: Path
) -> None:
    best = Checkpoint(whole[0]).network().state_dict()
    last = {name: weights + 1 for name, weights in best.items()}
    write(Trained(best, last, []), EXPERIMENT, tmp_path)
    write_species(SPECIES, tmp_path / "labels.csv")

    opened = Checkpoint(seal(tmp_path, Kind.CHECKPOINT)).network(LAST).state_dict()

    assert all(torch.equal(opened[name], weights) for name, weights in last.items())
    assert LAST in whole[0].files


def test_a_model_that_learnt_to_choose_gives_probabilities_like_any_other(tmp_path: Path) -> None:
    chooses = with_training(Training(epochs=1, batch_size=36, threads=1, loss=Loss(name="cross_entropy")))
    windows = make_windows(tmp_path / "windows")
    weights = learn(chooses, windows, tmp_path / "state.safetensors").best
    write(Trained(weights, {}, []), chooses, tmp_path)
    write_species(windows.species, tmp_path / "labels.csv")
    checkpoint = Checkpoint(seal(tmp_path, Kind.CHECKPOINT))

    with torch.inference_mode():
        said = checkpoint.model()(torch.randn(4, 1, 32, 33)).sigmoid()

    assert torch.allclose(said.sum(dim=1), torch.ones(4), atol=1e-5)
    with pytest.raises(
        SilencioError, match=r"holds no last\.safetensors\. Train it with training\.keep_last"
    ):
        checkpoint.network(LAST)


def test_a_choice_needs_something_to_choose_from(tmp_path: Path) -> None:
    windows = make_windows(tmp_path / "windows")
    write_species(SPECIES[:1], windows.handover / "species.csv")
    windows.__dict__["index"] = windows.index.with_columns(labels=pl.lit(["bird"]))
    chooses = with_training(Training(loss=Loss(name="cross_entropy")))

    with pytest.raises(WrongUse, match="which chooses, and there is only bird"):
        learn(chooses, windows, tmp_path / "state")


def test_training_teaches(tmp_path: Path) -> None:
    windows = make_windows(tmp_path / "windows")
    longer = with_training(
        Training(epochs=5, batch_size=12, threads=1, optimizer="AdamW", learning_rate=0.003)
    )
    history = learn(longer, windows, tmp_path / "state").history
    assert history[-1].loss < 0.7 * history[0].loss


def moved(windows: Windows, part: str, to: str) -> Windows:
    windows.__dict__["index"] = windows.index.with_columns(part=windows.index["part"].replace({part: to}))
    return windows


def test_nothing_to_train_on_is_an_error_that_says_what_to_change(tmp_path: Path) -> None:
    windows = moved(make_windows(tmp_path / "windows"), "train", "test")
    with pytest.raises(SilencioError, match=r"None of 78 windows is to be trained on\. .*data\.split"):
        learn(make_experiment(), windows, tmp_path / "state")


def test_where_nobody_validates_the_last_epoch_is_taken(tmp_path: Path) -> None:
    windows = moved(make_windows(tmp_path / "windows"), "validation", "train")

    trained = learn(make_experiment(), windows, tmp_path / "state")

    assert [epoch.validation_map for epoch in trained.history] == [None] * 3
    assert all(torch.equal(trained.best[name], weights) for name, weights in trained.last.items())


def test_where_nobody_said_what_calls_there_is_nothing_to_learn(tmp_path: Path) -> None:
    windows = make_windows(tmp_path / "windows")
    write_species((), windows.handover / "species.csv")

    with pytest.raises(SilencioError, match="Nobody said what calls in these 78 windows"):
        learn(make_experiment(), windows, tmp_path / "state")


def test_a_training_begins_with_the_weights_that_it_is_given(
    whole: tuple[Handover, list[Epoch]], tmp_path: Path
) -> None:
    windows = make_windows(tmp_path / "windows")

    scratch = learn(make_experiment(), windows, tmp_path / "scratch")
    warm = learn(make_experiment(), windows, tmp_path / "warm", whole[0] / WEIGHTS)

    assert warm.history[0].loss < scratch.history[0].loss


def test_other_weights_to_begin_with_are_another_training(
    whole: tuple[Handover, list[Epoch]], tmp_path: Path
) -> None:
    windows, workspace = make_windows(tmp_path / "windows"), Workspace(tmp_path / "workspace")
    runs = Runs(Site(), workspace)

    begun = train(make_experiment(), windows, workspace, runs.open, weights=whole[0] / WEIGHTS)

    assert begun.digest != whole[0].digest
    assert begun.facts["inputs"]["weights"] == whole[0].files[WEIGHTS]
