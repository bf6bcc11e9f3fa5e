"""What wrong answers cost: held against worked examples, and against torch's and torchvision's own."""

from math import log

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from silencio.errors import WrongUse
from silencio.models.torch_beside import make_importable
from silencio.settings import Loss
from silencio.training.losses import LogOdds, Objective
from silencio.training.targets import IGNORED


def drawn(windows: int = 6, classes: int = 4) -> tuple[Tensor, Tensor]:
    torch.manual_seed(1)
    return 3 * torch.randn(windows, classes), torch.randint(2, (windows, classes)).float()


def one_each(windows: int = 6, classes: int = 4) -> tuple[Tensor, Tensor, Tensor]:
    """Logits, the class of each window, and the same as targets."""
    logits, _ = drawn(windows, classes)
    chosen = torch.arange(windows) % classes
    return logits, chosen, functional.one_hot(chosen, classes).float()


def test_the_default_is_torchs_binary_cross_entropy_to_the_last_bit_of_its_gradient() -> None:
    logits, targets = drawn()
    ours, theirs = logits.clone().requires_grad_(), logits.clone().requires_grad_()

    Objective(Loss())(ours, targets).backward()
    functional.binary_cross_entropy_with_logits(theirs, targets).backward()

    assert torch.equal(ours.grad, theirs.grad)


def test_missing_a_species_costs_more_than_a_false_alarm_if_it_is_said_to() -> None:
    unsure = torch.zeros(1, 2)
    loss = Objective(Loss(positive_weight=3))(unsure, torch.tensor([[1.0, 0.0]]))

    assert loss.item() == pytest.approx((3 * log(2) + log(2)) / 2)


def test_focal_loss_of_an_even_guess() -> None:
    """p = 0.5 everywhere: 0.5 ** 2 of what cross-entropy costs."""
    loss = Objective(Loss(name="focal", gamma=2))(torch.zeros(2, 3), torch.eye(2, 3))

    assert loss.item() == pytest.approx(0.25 * log(2))


@pytest.mark.parametrize("gamma", [1.0, 2.0, 3.5])
def test_focal_loss_is_torchvisions(gamma: float) -> None:
    make_importable()
    from torchvision.ops import sigmoid_focal_loss

    logits, targets = drawn()

    expected = sigmoid_focal_loss(logits, targets, alpha=-1, gamma=gamma, reduction="mean")
    assert torch.allclose(Objective(Loss(name="focal", gamma=gamma))(logits, targets), expected)


def test_cross_entropy_is_torchs() -> None:
    logits, chosen, targets = one_each()

    loss = Objective(Loss(name="cross_entropy"))(logits, targets)
    assert torch.allclose(loss, functional.cross_entropy(logits, chosen))


def test_cross_entropy_with_weights_is_torchs() -> None:
    logits, chosen, targets = one_each()
    weights = torch.tensor([0.5, 1.0, 2.0, 4.0])

    loss = Objective(Loss(name="cross_entropy"), weights)(logits, targets)
    assert torch.allclose(loss, functional.cross_entropy(logits, chosen, weights))


def test_a_window_without_any_species_is_no_choice_and_costs_nothing() -> None:
    logits, chosen, targets = one_each()
    targets[2] = 0

    loss = Objective(Loss(name="cross_entropy"))(logits, targets)
    kept = [0, 1, 3, 4, 5]
    assert torch.allclose(loss, functional.cross_entropy(logits[kept], chosen[kept]))
    assert Objective(Loss(name="cross_entropy"))(logits, torch.zeros_like(targets)) == 0


def test_two_recordings_over_each_other_share_the_choice() -> None:
    loss = Objective(Loss(name="cross_entropy"))(torch.zeros(1, 3), torch.tensor([[1.0, 1.0, 0.0]]))
    assert loss.item() == pytest.approx(log(3))


@pytest.mark.parametrize("name", ["bce", "focal"])
def test_an_ignored_species_is_out_of_a_windows_loss(name: str) -> None:
    logits, targets = drawn()
    targets[0, 1] = targets[3, 2] = IGNORED
    heard = targets != IGNORED

    loss = Objective(Loss(name=name))(logits, targets)

    # As if the others were all there is.
    assert torch.allclose(loss, Objective(Loss(name=name))(logits[heard][None], targets[heard][None]))


def test_a_choice_is_made_among_the_species_that_are_not_ignored() -> None:
    logits, chosen, targets = one_each(windows=3)
    targets[:, 3] = IGNORED

    loss = Objective(Loss(name="cross_entropy"))(logits, targets)
    assert torch.allclose(loss, functional.cross_entropy(logits[:, :3], chosen))


@pytest.mark.parametrize("name", ["bce", "focal", "cross_entropy"])
def test_an_ignored_species_teaches_nothing(name: str) -> None:
    logits, _, targets = one_each(windows=3)
    targets[0, 3] = IGNORED
    logits.requires_grad_()

    Objective(Loss(name=name))(logits, targets).backward()

    assert logits.grad is not None
    assert logits.grad[0, 3] == 0
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("name", ["bce", "focal", "cross_entropy"])
def test_a_batch_of_which_all_is_ignored_costs_nothing(name: str) -> None:
    assert Objective(Loss(name=name))(torch.randn(2, 3), torch.full((2, 3), IGNORED)) == 0


@pytest.mark.parametrize("name", ["bce", "focal", "cross_entropy"])
def test_answers_far_off_cost_much_but_are_numbers(name: str) -> None:
    logits = torch.tensor([[1e4, -1e4, 0.0]], requires_grad=True)

    loss = Objective(Loss(name=name))(logits, torch.tensor([[0.0, 1.0, 0.0]]))
    loss.backward()

    assert loss > 1000
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


class Ears(nn.Module):
    """Hears a species in each frame: pictures are its logits [batch, classes, frames], and the clip's their mean."""

    def forward(self, pictures: Tensor) -> Tensor:
        return pictures.mean(dim=-1)

    def clip_and_frames(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        return self(pictures), pictures


def test_the_best_frame_speaks_for_half_of_a_weakly_labelled_window() -> None:
    """The species calls once in four frames: clear in one, and hardly in their mean."""
    heard = torch.tensor([[[8.0, -8.0, -8.0, -8.0]]])
    there = torch.ones(1, 1)

    loss = Objective(Loss(weak_labels="best_frame")).of(Ears(), heard, there)

    binary = functional.binary_cross_entropy_with_logits
    expected = (binary(torch.tensor([[-4.0]]), there) + binary(torch.tensor([[8.0]]), there)) / 2
    assert torch.allclose(loss, expected)


def test_a_model_without_frames_has_no_best_one() -> None:
    with pytest.raises(WrongUse, match=r"best_frame, and a Linear does not hear frames\. Set model\.head"):
        Objective(Loss(weak_labels="best_frame")).of(nn.Linear(4, 2), torch.zeros(1, 4), torch.zeros(1, 2))


def test_the_sigmoid_of_log_odds_is_the_softmax() -> None:
    logits, _ = drawn()
    assert torch.allclose(LogOdds(nn.Identity())(logits).sigmoid(), logits.softmax(dim=1), atol=1e-6)


def test_log_odds_of_a_sure_answer_keep_their_digits() -> None:
    odds = LogOdds(nn.Identity())(torch.tensor([[60.0, 0.0, 0.0]]))
    assert odds[0, 0].item() == pytest.approx(60 - log(2))


def test_windows_of_a_choice_are_ranked_by_its_probability() -> None:
    """The second is surer of species 0, though its logit is lower."""
    logits = torch.tensor([[3.0, 3.0], [2.0, -2.0]])

    assert Objective(Loss(name="cross_entropy")).ranked(logits)[:, 0].argmax() == 1
    assert torch.equal(Objective(Loss()).ranked(logits), logits)


def test_a_choice_has_no_positive_weight() -> None:
    with pytest.raises(ValueError, match="positive_weight is of bce and focal"):
        Loss(name="cross_entropy", positive_weight=2)
