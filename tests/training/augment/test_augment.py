"""What is done to a batch as a whole: nothing where nothing is asked for, the same for the same seed, and a clear word
where something cannot be done."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from silencio.errors import WrongUse
from silencio.settings import Augment as Settings
from silencio.settings import FrontEnd
from silencio.training.augment import Augment
from silencio.training.batches import augmented
from tests.training.augment.recorded import AGGREGATED, KINDS, MFCC, Recorded, of, off, small, stored

EVERYTHING: dict[str, Any] = {
    "threshold_db": 20,
    "same_species": 0.5,
    "mixup": 0.4,
    "background": 0.5,
    "colour_db": 6,
    "mixstyle": 0.5,
    "pitch": 2,
    "speed": 0.2,
}


def possible(front_end: FrontEnd) -> Settings:
    """Everything on that the front end leaves room for."""
    if front_end.features == "mfcc":
        return Settings(mixup=0.4, speed=0.2 if len(front_end.shape) > 1 else 0)
    return Settings(**EVERYTHING, gain_db=6 if front_end.normalize in ("fixed", "none") else 0)


@pytest.mark.parametrize("front_end", KINDS.values(), ids=KINDS)
def test_with_nothing_on_windows_are_what_is_stored(front_end: FrontEnd, tmp_path: Path) -> None:
    lesson = small(tmp_path / "w", front_end)

    pictures, targets = of(lesson)

    assert torch.equal(pictures, stored(lesson))
    assert torch.equal(targets, lesson.targets[lesson.taught])


@pytest.mark.parametrize("front_end", KINDS.values(), ids=KINDS)
def test_with_everything_on_a_batch_has_the_same_shape_and_only_numbers(
    front_end: FrontEnd, tmp_path: Path
) -> None:
    lesson = small(tmp_path / "w", front_end)

    pictures, targets = Augment(possible(front_end), lesson)(lesson.taught, torch.Generator())

    assert pictures.shape == stored(lesson).shape
    assert pictures.dtype == torch.float32
    assert pictures.isfinite().all()
    assert not torch.equal(pictures, stored(lesson))
    assert (targets >= lesson.targets[lesson.taught]).all(), "who was there is still there"


@pytest.mark.parametrize("front_end", KINDS.values(), ids=KINDS)
def test_equal_seeds_make_equal_batches_in_whatever_thread(front_end: FrontEnd, tmp_path: Path) -> None:
    lesson = small(tmp_path / "w", front_end)
    augment = Augment(possible(front_end), lesson)

    def batch(seed: int) -> torch.Tensor:
        (made,) = augmented([lesson.taught], augment, torch.Generator().manual_seed(seed))
        return made[0]

    with ThreadPoolExecutor(1) as elsewhere:
        assert torch.equal(batch(5), elsewhere.submit(batch, 5).result())
    assert not torch.equal(batch(5), batch(6))


def test_augmenting_changes_neither_the_store_nor_its_targets(tmp_path: Path) -> None:
    lesson = small(tmp_path / "w")
    pictures, targets = stored(lesson), lesson.targets.clone()

    Augment(Settings(**EVERYTHING), lesson)(lesson.taught, torch.Generator())

    assert torch.equal(stored(lesson), pictures)
    assert torch.equal(lesson.targets, targets)


@pytest.mark.parametrize("kind", ["standard", "image"])
def test_what_was_done_in_decibels_is_standardized_again(kind: str, tmp_path: Path) -> None:
    pictures, _ = of(small(tmp_path / "w", KINDS[kind]), colour_db=10.0, background=1.0)

    np.testing.assert_allclose(pictures.mean(dim=(1, 2, 3)), 0, atol=1e-4)
    np.testing.assert_allclose(pictures[:, 0].std(dim=(1, 2), correction=0), 1, atol=1e-3)


def test_on_the_fixed_scale_who_is_louder_is_a_little_brighter_everywhere(tmp_path: Path) -> None:
    lesson = small(tmp_path / "w", KINDS["fixed"])

    pictures, _ = of(lesson, gain_db=6.0)

    brighter = (pictures - stored(lesson)).flatten(1)
    assert brighter.std(dim=1).max() < 1e-2
    assert 0.1 < brighter.mean(dim=1).abs().max() <= 0.31


def test_on_the_unit_scale_the_loudest_stays_1_and_nothing_is_below_0(tmp_path: Path) -> None:
    front_end = KINDS["unit"].model_copy(update={"top_db": 40.0})

    pictures, _ = of(small(tmp_path / "w", front_end), colour_db=10.0, background=1.0)

    np.testing.assert_allclose(pictures.amax(dim=(1, 2, 3)), 1, atol=1e-5)
    assert pictures.min() >= 0


@pytest.mark.parametrize("kind", ["standard", "fixed"])
def test_back_from_decibels_a_window_is_what_was_stored(kind: str, tmp_path: Path) -> None:
    lesson = small(tmp_path / "w", KINDS[kind])

    pictures, _ = of(lesson, colour_db=1e-6)

    np.testing.assert_allclose(pictures, stored(lesson), atol=5e-3)


@pytest.mark.parametrize(
    ("front_end", "changes", "key"),
    [
        ("standard", {"gain_db": 6}, "gain_db is 6, and audio.normalize standard leaves no loudness"),
        ("unit", {"gain_db": 6}, "gain_db is 6, and audio.normalize unit leaves no loudness"),
        ("image", {"gain_db": 6}, "gain_db"),
        *(
            ("mfcc", {key: 0.5}, f"{key} is 0.5, and audio.features is mfcc, which has no bands")
            for key in ("pitch", "colour_db")
        ),
        *(("mfcc", {key: 0.5}, key) for key in ("threshold_db", "same_species", "background", "gain_db")),
        ("aggregated", {"speed": 0.2}, "speed is 0.2, and mfcc in one row of numbers leaves no time"),
    ],
)
def test_what_the_front_end_leaves_no_room_for_is_refused_by_its_key(
    front_end: str, changes: dict[str, float], key: str, tmp_path: Path
) -> None:
    with pytest.raises(WrongUse, match=f"training.augment.{key}"):
        Augment(off(**changes), small(tmp_path / "w", KINDS[front_end]))


def test_a_background_that_is_not_there_is_asked_for(tmp_path: Path) -> None:
    recorded = Recorded()
    recorded.add("one")

    with pytest.raises(WrongUse, match=r"training.augment.background is 0.5, and among these windows"):
        Augment(off(background=0.5), recorded.lesson(tmp_path / "w"))


def test_company_that_is_not_there_is_asked_for(tmp_path: Path) -> None:
    recorded = Recorded()
    recorded.add("one", "bird", windows=3)
    recorded.add("two", "frog")

    with pytest.raises(
        WrongUse, match=r"training.augment.same_species is 0.5, and no species .* second recording"
    ):
        Augment(off(same_species=0.5), recorded.lesson(tmp_path / "w"))


@pytest.mark.parametrize("front_end", [MFCC, AGGREGATED], ids=["mfcc", "aggregated"])
def test_the_usual_settings_leave_alone_what_coefficients_have_not(
    front_end: FrontEnd, tmp_path: Path
) -> None:
    lesson = small(tmp_path / "w", front_end)

    pictures, _ = Augment(Settings(), lesson)(lesson.taught, torch.Generator())

    assert torch.equal(pictures, stored(lesson)) == (front_end is AGGREGATED)
