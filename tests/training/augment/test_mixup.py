import torch

from silencio.training.augment.mixup import mixup


def test_mixup_keeps_the_louder_ones_labels_and_adds_only_audible_ones() -> None:
    pictures = torch.eye(40).reshape(40, 1, 1, 40)
    mixed, targets = mixup(pictures, torch.eye(40), 1.0, torch.Generator().manual_seed(0))
    shares = mixed.reshape(40, 40)
    assert torch.allclose(shares.sum(dim=1), torch.ones(40))
    assert (targets.diagonal() == 1).all()
    heard = (shares > 0.1 + 1e-6) | torch.eye(40, dtype=torch.bool)
    assert torch.equal(targets.bool(), heard)
