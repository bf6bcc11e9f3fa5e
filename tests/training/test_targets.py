"""What a model is to say of the windows that it is trained on."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

from silencio.data.windows.store import Windows
from silencio.settings import Loss
from silencio.training.augment.mixup import mixup
from silencio.training.targets import IGNORED, balanced_weights, training_targets
from tests.stores import make_windows


@pytest.fixture
def windows(tmp_path: Path) -> Windows:
    """In every window a frog calls behind whatever is labelled."""
    windows = make_windows(tmp_path / "windows")
    behind = pl.Series("secondary", [["frog"]] * len(windows.index))
    windows.__dict__["index"] = windows.index.with_columns(behind)
    return windows


def test_secondary_species_are_weaker_targets(windows: Windows) -> None:
    targets = training_targets(windows, Loss(), 0.3)
    assert targets[0].tolist() == pytest.approx([1, 0, 0.3]), "a bird before the frog"
    assert targets[2].tolist() == pytest.approx([0, 0, 1]), "a frog before the frog"


def test_or_they_are_ignored_but_where_they_are_labelled_as_well(windows: Windows) -> None:
    targets = training_targets(windows, Loss(secondary="ignored"), 0.3)
    assert targets[0].tolist() == [1, 0, IGNORED]
    assert targets[2].tolist() == [0, 0, 1]


def test_laid_over_each_other_two_recordings_keep_what_is_known_of_either() -> None:
    torch.manual_seed(0)
    targets = torch.tensor([[1.0, IGNORED, IGNORED], [IGNORED, 1.0, 0.0]]).repeat(20, 1)

    _, mixed = mixup(torch.randn(40, 1, 2, 2), targets, 5.0, torch.Generator().manual_seed(1))

    both = mixed[(mixed[:, :2] == 1).all(dim=1)]
    assert len(both) > 0
    assert (both[:, 2] == IGNORED).all(), "who may be there in one of them may be there"


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40))
def test_balanced_weights_are_scikit_learns(classes: list[int]) -> None:
    weights = balanced_weights(np.eye(6, dtype=np.float32)[classes]).numpy()

    there = np.unique(classes)
    assert weights[there] == pytest.approx(compute_class_weight("balanced", classes=there, y=classes))
    assert (np.delete(weights, there) == 1).all(), "of what was never heard nothing is known"
