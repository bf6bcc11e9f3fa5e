import torch

from silencio.training.augment.masks import mask


def test_a_mask_blanks_one_stretch_of_no_more_than_its_share() -> None:
    masked = mask(torch.ones(50, 1, 8, 40), 0.25, -1, torch.Generator().manual_seed(3))
    blank = (masked == 0).all(dim=2)[:, 0]
    assert 0 < blank.sum(dim=-1).max() <= 10
    begins = (blank[:, 1:] & ~blank[:, :-1]).sum(dim=-1) + blank[:, 0]
    assert begins.max() == 1
