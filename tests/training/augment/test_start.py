import torch

from silencio.training.augment.start import roll


def test_roll_keeps_every_value_and_moves_it() -> None:
    before = torch.arange(240.0).reshape(2, 1, 3, 40)
    after = roll(before, torch.Generator().manual_seed(0))
    assert torch.equal(after.sort(dim=-1).values, before)
    assert not torch.equal(after, before)
