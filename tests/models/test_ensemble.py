"""Several models that answer as one."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import nn

from silencio.errors import WrongUse
from silencio.models import build
from silencio.models.ensemble import Ensemble, fit_weights
from silencio.settings import Model

WINDOWS, CLASSES = 60, 4


def heard(truth: NDArray[np.bool_], skill: float, seed: int) -> NDArray[np.float64]:
    """Probabilities of a model that hears through noise of its own."""
    noise = np.random.default_rng(seed).standard_normal(truth.shape)
    probabilities: NDArray[np.float64] = 1 / (1 + np.exp(-skill * (2.0 * truth - 1) - 2 * noise))
    return probabilities


def log_loss(probabilities: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    return float(-np.log(np.where(truth, probabilities, 1 - probabilities)).mean())


@tried(deadline=None)  # thousands of rounds, where members are nearly alike
@given(st.lists(st.floats(-0.5, 3), min_size=2, max_size=4), st.integers(0, 1000))
def test_what_is_fitted_is_as_good_as_the_best_member_or_better(skills: list[float], seed: int) -> None:
    truth = np.random.default_rng(seed).random((WINDOWS, CLASSES)) < 0.3
    members = np.stack([heard(truth, skill, seed + n) for n, skill in enumerate(skills)])

    weights = fit_weights(members, truth)

    best = min(log_loss(member, truth) for member in members)
    assert log_loss(np.einsum("m,mwc->wc", weights, members), truth) <= best + 1e-5
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()


def test_two_that_err_at_different_places_are_better_together() -> None:
    truth = np.random.default_rng(0).random((WINDOWS, CLASSES)) < 0.3
    members = np.stack([heard(truth, 1.5, 1), heard(truth, 1.5, 2)])
    together = np.einsum("m,mwc->wc", fit_weights(members, truth), members)
    assert log_loss(together, truth) < 0.97 * min(log_loss(member, truth) for member in members)


def test_a_member_that_knows_nothing_is_not_listened_to() -> None:
    truth = np.random.default_rng(0).random((400, CLASSES)) < 0.5
    members = np.stack([np.where(truth, 0.95, 0.05), np.full(truth.shape, 0.5)])
    assert fit_weights(members, truth)[0] == pytest.approx(1, abs=0.01)


def test_the_logits_are_of_the_weighted_mean_of_probabilities_even_where_all_are_sure() -> None:
    members = [constant([2.0, -1.0, 200.0, -200.0]), constant([0.0, -3.0, 150.0, -300.0])]
    logits = Ensemble(members, [0.25, 0.75])(torch.zeros(2, 1))
    expected = 0.25 * torch.tensor([2.0, -1.0]).sigmoid() + 0.75 * torch.tensor([0.0, -3.0]).sigmoid()
    torch.testing.assert_close(logits[:, :2].sigmoid(), expected.expand(2, 2))
    assert logits.isfinite().all()
    assert (logits[:, 2] > 100).all()
    assert (logits[:, 3] < -100).all()


def test_a_weight_of_nothing_leaves_the_other_as_it_is() -> None:
    torch.testing.assert_close(
        Ensemble([constant([1.0, -2.0]), constant([9.0, 9.0])], [1.0, 0.0])(torch.zeros(1, 1)),
        torch.tensor([[1.0, -2.0]]),
    )


def test_an_ensemble_is_saved_in_one_file_and_built_again_from_its_settings(tmp_path: Path) -> None:
    settings = Model(
        architecture="ensemble",
        members=(Model(architecture="cnn", width=4), Model(architecture="fcnn", hidden=(6,))),
    )
    torch.manual_seed(1)
    trained = Ensemble([build(member, (20, 16), 3) for member in settings.members], [0.3, 0.7]).eval()
    save_file(trained.state_dict(), tmp_path / "model.safetensors")

    again = build(settings, (20, 16), 3).eval()
    again.load_state_dict(load_file(tmp_path / "model.safetensors"))

    windows = torch.randn(2, 1, 20, 16)
    assert torch.equal(again(windows), trained(windows))


@pytest.mark.parametrize("weights", [[1.0], [0.5, 0.6], [-0.5, 1.5]])
def test_weights_that_are_no_shares_are_refused(weights: list[float]) -> None:
    with pytest.raises(WrongUse, match="2 models cannot be weighed"):
        Ensemble([constant([0.0]), constant([0.0])], weights)


def test_answers_about_other_windows_than_the_truth_are_refused() -> None:
    with pytest.raises(WrongUse, match=r"\[2, 5, 3\] do not fit a truth \[4, 3\]"):
        fit_weights(np.zeros((2, 5, 3)), np.zeros((4, 3), bool))


def constant(logits: list[float]) -> nn.Module:
    """Says the same of every window."""
    layer = nn.Linear(1, len(logits))
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.copy_(torch.tensor(logits))
    return layer
