from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from silencio.settings import Augment as Settings
from silencio.settings import Loss, Training
from silencio.training.ahead import ahead
from silencio.training.augment import Augment, Batch
from silencio.training.batches import augmented, batches, steps_of
from silencio.training.compute import Compute
from silencio.training.lesson import Lesson, Rows
from tests.stores import make_experiment, make_windows


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


class AsksForThreads:
    """Says how many threads torch would compute with where it is called."""

    def __call__(self, rows: Rows, generator: torch.Generator) -> Batch:
        torch.randn(64, 64).exp()
        return torch.tensor([torch.get_num_threads()]), torch.zeros(1)


@pytest.mark.usefixtures("two_threads")
def test_batches_are_made_on_one_core_and_leave_the_others_to_the_model() -> None:
    made = ahead(augmented([np.arange(4), np.arange(4)], AsksForThreads(), torch.Generator()))

    first, _ = next(made)
    meanwhile = torch.get_num_threads()
    second, _ = next(made)

    assert (first.item(), second.item(), meanwhile) == (1, 1, 2)


@pytest.mark.usefixtures("two_threads")
def test_how_many_threads_a_model_has_changes_no_batch(tmp_path: Path) -> None:
    lesson = Lesson.of(make_experiment(), make_windows(tmp_path / "w"))
    augment = Augment(Settings(same_species=0.5, colour_db=6), lesson)

    def epoch() -> list[torch.Tensor]:
        compute = Compute.of(Training(device="cpu"))
        return [p for p, _ in batches(lesson, 2, augment, compute, torch.Generator().manual_seed(1))]

    with_two = epoch()
    torch.set_num_threads(1)

    assert all(torch.equal(a, b) for a, b in zip(with_two, epoch(), strict=True))


def test_an_epoch_has_every_window_once_and_no_batch_of_a_single_one(tmp_path: Path) -> None:
    lesson = Lesson.of(make_experiment(), make_windows(tmp_path / "w"))
    augment = Augment(Settings(), lesson)

    made = list(
        batches(lesson, steps_of(lesson.length, 5), augment, Compute.of(Training()), torch.Generator())
    )

    assert sum(len(pictures) for pictures, _ in made) == lesson.length == 36
    assert min(len(pictures) for pictures, _ in made) >= 5


def test_a_loss_that_chooses_is_taught_shares(tmp_path: Path) -> None:
    windows, asks = make_windows(tmp_path / "w"), make_experiment()
    choice = asks.training.model_copy(update={"loss": Loss(name="cross_entropy")})
    chooses = asks.model_copy(update={"training": choice})

    assert Lesson.of(chooses, windows).chooses
    assert not Lesson.of(asks, windows).chooses
