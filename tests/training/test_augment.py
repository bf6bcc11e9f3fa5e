import torch

from silencio.settings import Training
from silencio.training.augment import Augment, mixup, roll


def test_shapes_stay() -> None:
    pictures, targets = Augment(Training(), (32, 50))(torch.randn(6, 1, 32, 50), torch.eye(6))
    assert pictures.shape == (6, 1, 32, 50)
    assert targets.shape == (6, 6)


def test_without_masks_and_mixup_only_time_is_turned() -> None:
    still = Training(time_mask=0, frequency_mask=0, mixup=0)
    before = torch.randn(4, 1, 8, 16)
    after, targets = Augment(still, (8, 16))(before, torch.eye(4))
    assert torch.equal(targets, torch.eye(4))
    assert torch.allclose(after.sum(dim=-1), before.sum(dim=-1), atol=1e-5)
    assert not torch.equal(after, before)


def test_masks_blank_no_more_than_their_share() -> None:
    torch.manual_seed(3)
    masked, _ = Augment(Training(time_mask=0.25, frequency_mask=0, mixup=0), (8, 40))(
        torch.ones(50, 1, 8, 40), torch.zeros(50, 2)
    )
    blank = (masked == 0).all(dim=2).sum(dim=-1)
    assert 0 < blank.max() <= 10


def test_roll_keeps_every_value() -> None:
    before = torch.arange(24.0).reshape(2, 1, 3, 4)
    assert torch.equal(roll(before).sort(dim=-1).values, before)


def test_mixup_keeps_the_louder_ones_labels_and_adds_only_audible_ones() -> None:
    torch.manual_seed(0)
    pictures = torch.eye(40).reshape(40, 1, 1, 40)
    mixed, targets = mixup(pictures, torch.eye(40), alpha=1.0)
    shares = mixed.reshape(40, 40)
    assert torch.allclose(shares.sum(dim=1), torch.ones(40))
    assert (targets.diagonal() == 1).all()
    heard = (shares > 0.1 + 1e-6) | torch.eye(40, dtype=torch.bool)
    assert torch.equal(targets.bool(), heard)


def test_what_has_no_time_is_only_mixed() -> None:
    torch.manual_seed(0)
    coefficients, labels = torch.randn(4, 20), torch.eye(4)

    alone, _ = Augment(Training(mixup=0), (20,))(coefficients, labels)
    mixed, targets = Augment(Training(mixup=1), (20,))(coefficients, labels)

    assert torch.equal(alone, coefficients)
    assert mixed.shape == coefficients.shape
    assert targets.sum() > labels.sum()
