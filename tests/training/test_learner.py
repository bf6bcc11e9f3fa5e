"""What learns, with all that changes as it does: saved after an epoch, it goes on as if nothing had happened."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from silencio.settings import Training
from silencio.training.compute import Compute
from silencio.training.epoch import Epoch
from silencio.training.learner import Learner, Progress
from silencio.training.losses import Objective
from silencio.training.optimizers import optimizers
from silencio.training.schedules import schedules
from tests.training.test_schedules import NEEDED

EPOCHS, STEPS = 3, 3


def begun(changed: dict[str, Any], seed: int = 1) -> Learner:
    settings = Training.model_validate(
        {"epochs": EPOCHS, "learning_rate": 0.01, "weight_decay": 0, **changed}
    )
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.2), nn.Linear(4, 2))
    return Learner.of(model, Objective(settings.loss), settings, Compute.of(settings), STEPS)


def walk(learner: Learner, numbers: range) -> list[float]:
    """An epoch for each number; the losses."""
    losses = []
    for number in numbers:
        torch.manual_seed(number)
        for _ in range(STEPS):
            losses.append(learner.step(torch.randn(8, 3), torch.randint(2, (8, 2)).float()).item())
        learner.schedule.after_epoch(validation_loss=1.0, validation_map=0.5)
    return losses


def epoch(number: int, validation_map: float) -> Epoch:
    return Epoch(number, EPOCHS, 0.5, 0.6, validation_map, 1.0, 100.0, 0.01)


@pytest.mark.parametrize(
    "changed",
    [{"optimizer": name} for name in optimizers()]
    + [{"schedule": name, "schedule_options": NEEDED.get(name, {})} for name in schedules()]
    + [{"optimizer": "Adam", "schedule": name} for name in ("OneCycleLR", "CosineAnnealingLR")]
    + [{"precision": precision} for precision in ("bfloat16", "float16")],
    ids=lambda changed: "-".join(value for value in changed.values() if isinstance(value, str)),
)
def test_saved_and_loaded_after_any_epoch_it_learns_the_same(changed: dict[str, Any], tmp_path: Path) -> None:
    undisturbed = begun(changed)
    losses = walk(undisturbed, range(EPOCHS))

    for done in range(1, EPOCHS):
        first = begun(changed)
        walk(first, range(done))
        Progress().save(tmp_path / "state.safetensors", first)
        again = begun(changed, seed=2)
        Progress.load(tmp_path / "state.safetensors", again)

        assert walk(again, range(done, EPOCHS)) == losses[done * STEPS :]
        assert again.scaler.state_dict() == undisturbed.scaler.state_dict()
        for name, weights in undisturbed.weights().items():
            assert torch.equal(again.weights()[name], weights)


def test_the_history_and_the_best_weights_come_back_too(tmp_path: Path) -> None:
    learner, progress = begun({}), Progress()
    progress.add(epoch(1, 0.7), learner)
    best = learner.weights()
    walk(learner, range(1))
    progress.add(epoch(2, 0.6), learner)
    progress.save(tmp_path / "state.safetensors", learner)

    loaded = Progress.load(tmp_path / "state.safetensors", begun({}))

    assert loaded.history == [epoch(1, 0.7), epoch(2, 0.6)]
    assert loaded.history[0].windows_per_second == 100
    assert all(torch.equal(loaded.best[name], weights) for name, weights in best.items())


def test_without_a_file_there_is_no_progress(tmp_path: Path) -> None:
    assert Progress.load(tmp_path / "state.safetensors", begun({})) == Progress()


# A step that is skipped looks to torch's schedule as if it were called too early.
@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step")
def test_gradients_that_overflow_half_precision_are_no_step() -> None:
    learner = begun({"precision": "float16"})
    before = learner.weights()

    learner.step(torch.full((8, 3), 6e4), torch.ones(8, 2))

    assert torch.equal(learner.weights()["0.weight"], before["0.weight"])
    assert learner.scaler.get_scale() < 2**16
