"""How the learning rate goes."""

import re
import warnings
from collections.abc import Mapping

import pytest
import torch
from pydantic import JsonValue
from torch import nn

from silencio.errors import WrongUse
from silencio.settings import Training
from silencio.training.optimizers import make_optimizer
from silencio.training.schedules import WARM_UP, make_schedule, schedules, warm_cosine

NEEDED: Mapping[str, dict[str, JsonValue]] = {
    "StepLR": {"step_size": 2},
    "MultiStepLR": {"milestones": [1, 2]},
    "ExponentialLR": {"gamma": 0.9},
    "CosineAnnealingWarmRestarts": {"T_0": 2},
    "CyclicLR": {"base_lr": 0.01},
}
"""What torch asks for and the experiment does not say."""
STEPS = 5


def rates(settings: Training, validation: tuple[float, float] = (1.0, 0.5)) -> list[float]:
    """The learning rate of each step."""
    optimizer = make_optimizer(nn.Linear(2, 1), settings)
    schedule = make_schedule(optimizer, settings, STEPS)
    passed = []
    for _ in range(settings.epochs):
        for _ in range(STEPS):
            passed.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.after_step()
        schedule.after_epoch(*validation)
    return passed


def test_the_learning_rate_climbs_then_falls() -> None:
    shares = [warm_cosine(step / 100) for step in range(101)]
    peak = shares.index(max(shares))
    assert peak == round(100 * WARM_UP)
    assert shares[:peak] == sorted(shares[:peak])
    assert shares[peak:] == sorted(shares[peak:], reverse=True)
    assert shares[-1] < 1e-3


def test_warm_cosine_is_walked_step_by_step() -> None:
    settings = Training(epochs=4, learning_rate=0.3, schedule_options={"warm_up": 0.4})
    assert rates(settings) == [0.3 * warm_cosine(step / 20, 0.4) for step in range(20)]


@pytest.mark.parametrize("name", sorted(schedules()))
def test_every_schedule_that_is_offered_lasts_as_long_as_a_training(name: str) -> None:
    settings = Training(epochs=4, schedule=name, schedule_options=NEEDED.get(name, {}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert all(0 <= rate <= 1 for rate in rates(settings))


def test_one_cycle_peaks_at_the_learning_rate() -> None:
    passed = rates(Training(epochs=4, schedule="OneCycleLR", learning_rate=0.3))
    assert max(passed) == pytest.approx(0.3, rel=0.05)
    assert passed[0] < 0.02
    assert passed[-1] < 0.02


def test_a_cosine_of_torchs_counts_epochs_and_ends_with_them() -> None:
    passed = rates(Training(epochs=4, schedule="CosineAnnealingLR", learning_rate=1))
    assert passed[::STEPS] == pytest.approx([1, 0.5 + 0.5**1.5, 0.5, 0.5 - 0.5**1.5])
    assert len(set(passed)) == 4


@pytest.mark.parametrize(
    ("mode", "getting_better"), [("min", [(3.0, 0.1), (2.0, 0.1)]), ("max", [(1.0, 0.1), (1.0, 0.2)])]
)
def test_a_plateau_is_one_of_the_loss_or_with_mode_max_of_the_map(
    mode: str, getting_better: list[tuple[float, float]]
) -> None:
    options: dict[str, JsonValue] = {"mode": mode, "patience": 0, "factor": 0.5}
    settings = Training(schedule="ReduceLROnPlateau", schedule_options=options, learning_rate=1)
    optimizer = torch.optim.SGD(nn.Linear(2, 1).parameters(), lr=1.0)
    schedule = make_schedule(optimizer, settings, STEPS)

    for figures in getting_better:
        schedule.after_epoch(*figures)
    assert optimizer.param_groups[0]["lr"] == 1
    schedule.after_epoch(*getting_better[-1])
    assert optimizer.param_groups[0]["lr"] == 0.5


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            Training(schedule="OneCycle"),
            "training.schedule is OneCycle, which there is not. Did you mean OneCycleLR?",
        ),
        (Training(schedule="LambdaLR"), "training.schedule is LambdaLR, which there is not."),
        (
            Training(schedule="CosineAnnealingLR", schedule_options={"t_max": 3}),
            "training.schedule_options.t_max is nothing that CosineAnnealingLR takes. Did you mean T_max?",
        ),
        (
            Training(schedule="OneCycleLR", schedule_options={"max_lr": 3}),
            "training.schedule_options.max_lr is not set there. It follows from training.learning_rate.",
        ),
        (Training(schedule="StepLR"), "missing 1 required positional argument: 'step_size'"),
        (Training(schedule_options={"warm_up": 1}), "warm_up is a share below 1, not 1"),
        (Training(optimizer="Adagrad", schedule="OneCycleLR"), "must support momentum or beta1"),
    ],
)
def test_what_cannot_be_is_said_with_what_could(settings: Training, said: str) -> None:
    with pytest.raises(WrongUse, match=re.escape(said)):
        rates(settings)
