from pathlib import Path

import numpy as np
import pytest
import torch

from silencio.audio import LogMel
from silencio.settings import FrontEnd
from silencio.training.augment.start import NOBODY, cut, next_windows, stretched, strips
from tests.stores import FRONT_END
from tests.training.augment.recorded import KINDS, Recorded, of, stored

FRAMES = FRONT_END.frames


def stripes(first: int) -> np.ndarray:
    """A window whose frames are numbered, in decibels."""
    return np.tile(np.arange(first, first + FRAMES, dtype=np.float64), (FRONT_END.n_mels, 1))


def test_the_next_window_is_the_one_that_begins_where_this_one_ends(tmp_path: Path) -> None:
    recorded = Recorded()
    recorded.add("two", windows=2)
    recorded.add("one")
    recorded.add("three", windows=3)

    following = next_windows(recorded.lesson(tmp_path / "w").windows)

    assert following.tolist() == [1, NOBODY, NOBODY, 4, 5, NOBODY]


@pytest.mark.parametrize("changes", [{"strong": True}, {"part": "unlabelled", "label": None}], ids=str)
def test_nobody_says_who_calls_between_two_windows_that_are_labelled_each_or_not_at_all(
    changes: dict[str, object], tmp_path: Path
) -> None:
    recorded = Recorded()
    recorded.add("two", windows=2, **changes)  # type: ignore[arg-type]

    assert (next_windows(recorded.lesson(tmp_path / "w").windows) == NOBODY).all()


def test_overlapping_windows_are_joined_where_one_ends_and_not_where_one_begins(tmp_path: Path) -> None:
    recorded = Recorded()
    recorded.add("four", windows=4)
    for number, row in enumerate(recorded.rows):
        row["start"] = number * FRONT_END.window_seconds / 2

    assert next_windows(recorded.lesson(tmp_path / "w").windows).tolist() == [2, 3, NOBODY, NOBODY]


def test_a_window_that_begins_anywhere_is_what_the_front_end_would_have_heard_there() -> None:
    front_end = FRONT_END
    samples = np.random.default_rng(0).standard_normal(2 * front_end.window_samples).astype(np.float32)
    log_mel, length = LogMel(front_end), front_end.window_samples
    first, second = (
        torch.from_numpy(log_mel.decibels(samples[at : at + length])[None]) for at in (0, length)
    )
    begin = 10

    strip, lengths = strips(first, torch.tensor([0]), second, shared=1)
    joined = cut(strip, lengths, torch.tensor([begin]))[0]

    at = begin * front_end.hop_length
    expected = log_mel.decibels(samples[at : at + length])
    seam = FRAMES - 1 - begin
    inside = [i for i in range(1, FRAMES - 1) if abs(i - seam) > 1]
    np.testing.assert_allclose(joined[:, inside], expected[:, inside], atol=1e-3)
    # Two halves of a frame are not quite the whole of it.
    assert np.abs(joined[:, seam] - expected[:, seam]).mean() < 3


def test_a_window_with_a_next_one_goes_on_into_it(tmp_path: Path) -> None:
    recorded = Recorded(KINDS["none"])
    recorded.add("two", windows=2, decibels=[stripes(0), stripes(FRAMES - 1)])

    pictures, _ = of(recorded.lesson(tmp_path / "w"), random_start=True)

    first = pictures[0, 0].mean(dim=0)
    seam = (first - first.round()).abs() > 1e-2
    assert seam.sum() <= 1, "where two windows meet, each heard half of a frame"
    begin = first[-1].round() - FRAMES + 1
    assert begin > 0
    np.testing.assert_allclose(first[~seam], (begin + torch.arange(FRAMES))[~seam], atol=1e-3)


def test_a_window_without_a_next_one_is_turned(tmp_path: Path) -> None:
    recorded = Recorded()
    recorded.add("one", decibels=[stripes(0)])
    lesson = recorded.lesson(tmp_path / "w")

    pictures, _ = of(lesson, random_start=True, seed=1)

    assert torch.equal(pictures.sort(dim=-1).values, stored(lesson))
    assert not torch.equal(pictures, stored(lesson))


def test_a_joined_window_is_standardized_as_the_front_end_does(tmp_path: Path) -> None:
    recorded = Recorded()
    recorded.add("two", windows=2, level=-30)
    recorded.pictures[1], recorded.scales[1] = recorded.pictures[1], (-70.0, 6.0)

    pictures, _ = of(recorded.lesson(tmp_path / "w"), random_start=True)

    np.testing.assert_allclose(pictures.mean(dim=(1, 2, 3)), 0, atol=1e-4)
    np.testing.assert_allclose(pictures.std(dim=(1, 2, 3), correction=0), 1, atol=1e-3)


@pytest.mark.parametrize("front_end", [KINDS["mfcc"], KINDS["image"]], ids=["mfcc", "image"])
def test_coefficients_are_turned_and_images_joined(front_end: FrontEnd, tmp_path: Path) -> None:
    recorded = Recorded(front_end)
    recorded.add("two", windows=2)
    lesson = recorded.lesson(tmp_path / "w")

    pictures, _ = of(lesson, random_start=True)

    same_values = torch.allclose(pictures.sort(dim=-1).values[0], stored(lesson).sort(dim=-1).values[0])
    assert same_values == (front_end.features == "mfcc")
    assert pictures.shape == stored(lesson).shape


@pytest.mark.parametrize("rate", [0.8, 1.0, 1.25])
def test_speed_takes_frames_from_so_many_times_as_far(rate: float) -> None:
    ramp = torch.arange(40.0).expand(1, 3, 40)
    strip, lengths = strips(ramp, torch.empty(0, dtype=torch.int64), ramp[:0], shared=1)

    faster = cut(strip, lengths, torch.tensor([0]), torch.tensor([rate]))

    reached = min(40, int(39 / rate))
    np.testing.assert_allclose(faster[0, 0, :reached], rate * torch.arange(reached), atol=1e-4)


def test_speed_is_at_most_as_far_off_as_is_set(tmp_path: Path) -> None:
    recorded = Recorded(KINDS["none"])
    for number in range(40):
        recorded.add(f"r{number}", decibels=[stripes(0)])

    pictures, _ = of(recorded.lesson(tmp_path / "w"), speed=0.2)

    rates = pictures[:, 0, 0, 10] / 10
    assert 0.8 <= rates.min() < 0.9 < 1.1 < rates.max() <= 1.2


def test_what_begins_where_it_begins_ends_with_its_last_frame_and_not_with_its_first() -> None:
    ramp = torch.arange(40.0).expand(2, 3, 40)

    faster, slower = stretched(ramp, torch.tensor([1.25, 0.8]))[:, 0]

    np.testing.assert_allclose(faster, np.minimum(1.25 * np.arange(40), 39), atol=1e-4)
    np.testing.assert_allclose(slower, 0.8 * np.arange(40), atol=1e-4)
