"""What an epoch is made of."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from silencio.data.windows.store import Windows
from silencio.errors import WrongUse
from silencio.training.lesson import Lesson
from tests.stores import make_windows
from tests.training.eras import NEWER, altered, small, store_of_eras


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> Windows:
    return store_of_eras(tmp_path_factory.mktemp("lesson") / "windows")


def of(windows: Windows, training: str) -> Lesson:
    return Lesson.of(small(training), windows)


def are_newer(windows: Windows, rows: np.ndarray) -> list[bool]:
    return windows.index.select(NEWER)[rows].to_series().to_list()


def test_without_an_era_all_is_taught(windows: Windows) -> None:
    assert set(of(windows, "").taught) == set(windows.rows("train"))
    assert of(windows, "").length == 36


def test_the_newer_are_taught_and_for_each_so_many_older_replayed(windows: Windows) -> None:
    lesson = of(windows, "era: newer, replay: 0.5")

    assert len(lesson.taught) == 12
    assert all(are_newer(windows, lesson.taught))
    assert len(lesson.replayed) == 24, "whether dated before, or not at all"
    assert not any(are_newer(windows, lesson.replayed))
    assert (lesson.replays, lesson.length) == (6, 18)
    assert set(lesson.validation) == set(windows.rows("validation"))


def test_no_more_are_replayed_than_there_are(windows: Windows) -> None:
    assert of(windows, "era: newer, replay: 5").replays == 24


def test_every_epoch_has_each_newer_one_once_and_another_draw_of_older_ones(windows: Windows) -> None:
    lesson = of(windows, "era: newer, replay: 0.5")
    generator = torch.Generator().manual_seed(1)

    epochs = [lesson.epoch(generator) for _ in range(3)]

    for epoch in epochs:
        assert len(set(epoch)) == len(epoch) == lesson.length
        assert set(lesson.taught) <= set(epoch)
    assert len({frozenset(epoch) for epoch in epochs}) == 3


def test_the_older_are_taught_and_validated_on_as_if_the_newer_were_yet_to_come(windows: Windows) -> None:
    lesson = of(windows, "era: older")

    assert len(lesson.taught) == 24
    assert len(lesson.validation) == 12
    assert not any(are_newer(windows, np.concatenate([lesson.taught, lesson.validation])))


@pytest.mark.parametrize(("era", "there"), [("newer", "older"), ("older", "newer")])
def test_an_era_of_which_there_is_nothing_is_an_error_that_says_what_to_change(
    era: str, there: str, tmp_path: Path
) -> None:
    windows = altered(store_of_eras(tmp_path / "windows"), {"era": pl.lit(there)})

    with pytest.raises(WrongUse, match=rf"none of 36 windows to train on is {era}.*data\.split\.newer"):
        of(windows, f"era: {era}")


def test_what_is_doubted_is_taught_as_often_as_it_weighs(tmp_path: Path) -> None:
    windows = make_windows(tmp_path / "windows")
    taught = windows.rows("train")
    weights = np.ones(len(windows.index))
    weights[taught[:20]] = np.tile([0.8, 0.2], 10)
    lesson = of(weighed(windows, weights), "")
    generator = torch.Generator().manual_seed(0)

    epochs = [lesson.epoch(generator) for _ in range(400)]

    assert {len(epoch) for epoch in epochs} == {lesson.length} == {len(taught) - 20 + 10}
    assert all(len(set(epoch)) == len(epoch) for epoch in epochs)
    often = np.bincount(np.concatenate(epochs), minlength=len(weights))[taught] / len(epochs)
    assert often == pytest.approx(weights[taught], abs=0.1)  # over four standard deviations


def test_where_nothing_is_doubted_an_epoch_is_a_plain_shuffle(windows: Windows) -> None:
    lesson = of(windows, "")

    epoch = lesson.epoch(torch.Generator().manual_seed(3))

    order = torch.randperm(len(lesson.taught), generator=torch.Generator().manual_seed(3)).numpy()
    assert epoch.tolist() == lesson.taught[order].tolist()


def test_a_single_doubted_window_is_still_taught(tmp_path: Path) -> None:
    windows = make_windows(tmp_path / "windows")
    weights = np.ones(len(windows.index))
    weights[windows.rows("train")[0]] = 0.2
    lesson = of(weighed(windows, weights), "")

    assert set(lesson.epoch(torch.Generator().manual_seed(0))) == set(lesson.taught)


def test_what_is_doubted_is_replayed_more_seldom(windows: Windows) -> None:
    weights = np.ones(len(windows.index))
    doubted = of(windows, "era: newer, replay: 0.5").replayed[:12]
    weights[doubted] = 0.1
    lesson = of(weighed(windows, weights), "era: newer, replay: 0.5")
    generator = torch.Generator().manual_seed(0)

    drawn = np.concatenate([lesson.epoch(generator) for _ in range(100)])

    assert np.isin(drawn, doubted).sum() < 0.2 * np.isin(drawn, lesson.replayed).sum()


def weighed(windows: Windows, weights: np.ndarray) -> Windows:
    """The same windows under other weights, [windows]."""
    other = Windows(windows.handover)
    vars(other)["index"] = windows.index.with_columns(weight=pl.Series(weights))
    return other
