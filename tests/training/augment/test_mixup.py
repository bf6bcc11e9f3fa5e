import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from silencio.training.augment.mixup import laid_over, mixup, shared_targets
from silencio.training.targets import IGNORED


def test_mixup_keeps_the_louder_ones_labels_and_adds_only_audible_ones() -> None:
    pictures = torch.eye(40).reshape(40, 1, 40)

    mixed, targets = mixup(pictures, torch.eye(40), 1.0, torch.Generator().manual_seed(0))

    shares = mixed.reshape(40, 40)
    assert torch.allclose(shares.sum(dim=1), torch.ones(40))
    assert (targets.diagonal() == 1).all()
    heard = (shares > 0.1 + 1e-6) | torch.eye(40, dtype=torch.bool)
    assert torch.equal(targets.bool(), heard)


def test_who_chooses_one_species_is_told_how_much_of_each_there_is() -> None:
    pictures = torch.eye(40).reshape(40, 1, 40)

    mixed, targets = mixup(pictures, torch.eye(40), 1.0, torch.Generator().manual_seed(0), chooses=True)

    np.testing.assert_allclose(targets, mixed.reshape(40, 40), atol=1e-4)


targets_of_two = st.lists(st.sampled_from([0.0, 1.0, 0.3, IGNORED]), min_size=8, max_size=8)


@given(targets_of_two, st.floats(0.5, 0.99))
def test_shares_add_up_to_what_is_known_and_what_is_ignored_stays_so(
    drawn: list[float], share: float
) -> None:
    targets = torch.tensor(drawn).reshape(2, 1, 4)
    one, two = targets

    mixed = shared_targets(one, two, torch.tensor([[share]]))

    known = sum(part for part, of in ((share, one), (1 - share, two)) if ((of > 0) & (of != IGNORED)).any())
    assert mixed[mixed != IGNORED].sum().item() == pytest.approx(known, abs=1e-5)
    asked = ((one > 0) & (one != IGNORED)) | ((two > 0) & (two != IGNORED))
    ignored = (one == IGNORED) | (two == IGNORED)
    assert torch.equal(mixed == IGNORED, ignored & ~asked)


def test_pictures_laid_over_each_other_are_their_weighted_means() -> None:
    ones, threes = torch.ones(2, 1, 3, 3), torch.full((2, 1, 3, 3), 3.0)

    over = laid_over(ones, threes, torch.tensor([1.0, 0.25]))

    assert over[0].unique().tolist() == [1.0]
    assert over[1].unique().tolist() == [2.5]
