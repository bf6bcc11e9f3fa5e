"""What is done to the bands: pitch, a microphone's colour, loudness, and the floor."""

from pathlib import Path

import numpy as np
import pytest
import torch

from silencio.audio import LogMel
from silencio.settings import FrontEnd
from silencio.training.augment.colour import curves
from silencio.training.augment.mixstyle import mixstyle, recorded_as
from silencio.training.augment.pitch import Pitch
from tests.training.augment.recorded import KINDS, of, small, stored

FINE = FrontEnd(sample_rate=16_000, window_seconds=0.5, hop_seconds=0.5, n_fft=1024, fmax=8_000, n_mels=96)


def tone(hertz: float) -> torch.Tensor:
    time = np.arange(FINE.window_samples) / FINE.sample_rate
    return torch.from_numpy(LogMel(FINE).decibels(np.sin(2 * np.pi * hertz * time).astype(np.float32)))


@pytest.mark.parametrize("semitones", [-4.0, -1.0, 2.0, 7.0])
@pytest.mark.parametrize("hertz", [500.0, 1500.0, 3000.0])
def test_pitch_moves_a_tone_to_where_the_higher_tone_is(hertz: float, semitones: float) -> None:
    pitch = Pitch(FINE, FINE.n_mels)

    moved = pitch.shifted(tone(hertz)[None], torch.tensor([semitones]))[0]

    loudest = moved.mean(dim=1).argmax()
    expected = tone(hertz * 2 ** (semitones / 12)).mean(dim=1).argmax()
    assert abs(int(loudest) - int(expected)) <= 1


def test_a_tone_in_an_image_moves_by_as_much() -> None:
    rows = 48
    halved = tone(2000.0).reshape(rows, 2, -1).mean(dim=1)

    moved = Pitch(FINE, rows).shifted(halved[None], torch.tensor([5.0]))[0]

    expected = tone(2000.0 * 2 ** (5 / 12)).reshape(rows, 2, -1).mean(dim=1)
    assert abs(int(moved.mean(dim=1).argmax()) - int(expected.mean(dim=1).argmax())) <= 1


def test_no_semitones_change_nothing() -> None:
    pictures = torch.randn(3, FINE.n_mels, 20)

    unchanged = Pitch(FINE, FINE.n_mels).shifted(pictures, torch.zeros(3))

    np.testing.assert_allclose(unchanged, pictures, atol=1e-3)


def test_every_microphone_has_a_smooth_curve_of_its_own_within_the_limit() -> None:
    drawn = curves(200, 64, 6.0, torch.Generator().manual_seed(0))

    assert drawn.abs().max() <= 6.0
    assert drawn.abs().amax(dim=1).max() > 5
    assert drawn.diff(dim=1).abs().max() < 2, "no steps between neighbouring bands"
    assert drawn.std(dim=0).min() > 0.5


def test_colour_is_the_same_at_all_times(tmp_path: Path) -> None:
    lesson = small(tmp_path / "w", KINDS["none"])

    pictures, _ = of(lesson, colour_db=6.0)

    change = pictures - stored(lesson)
    assert change.std(dim=3).max() < 1e-3
    assert 1 < change.abs().max() <= 6.001


def test_recorded_as_another_a_window_has_its_bands_means_and_deviations() -> None:
    drawn = torch.Generator().manual_seed(0)
    window, other = torch.randn(2, 3, 8, 50, generator=drawn) * torch.tensor([1.0, 4.0])[:, None, None, None]
    other = other + 5

    wholly, half = (recorded_as(window, other, torch.full((3,), own)) for own in (0.0, 0.5))

    np.testing.assert_allclose(recorded_as(window, other, torch.ones(3)), window, atol=1e-5)
    np.testing.assert_allclose(wholly.mean(2), other.mean(2), atol=1e-5)
    np.testing.assert_allclose(wholly.var(2, correction=0), other.var(2, correction=0), rtol=1e-2)
    np.testing.assert_allclose(half.mean(2), (window.mean(2) + other.mean(2)) / 2, atol=1e-5)
    # When it is loud, and when it is not, stays the window's own.
    assert (wholly.argmax(2) == window.argmax(2)).all()


def test_in_a_share_of_batches_windows_are_recorded_elsewhere_and_stay_mostly_themselves() -> None:
    drawn = torch.Generator().manual_seed(0)
    steady = torch.arange(40.0)[:, None, None].expand(40, 4, 10)

    moves = [mixstyle(steady, 0.3, drawn) - steady for _ in range(200)]

    moved = torch.stack([move for move in moves if move.any()])
    assert 0.2 < len(moved) / len(moves) < 0.4
    assert moved.isfinite().all(), "also of bands that never change"
    assert 15 < moved.abs().max() <= 39 / 2, "at least half stays its own"


def test_gain_is_the_same_in_all_of_a_window(tmp_path: Path) -> None:
    lesson = small(tmp_path / "w", KINDS["none"])

    pictures, _ = of(lesson, gain_db=6.0)

    change = pictures - stored(lesson)
    assert change.std(dim=(1, 2, 3)).max() < 1e-3
    assert change.mean(dim=(1, 2, 3)).std() > 1
    assert change.abs().max() <= 6.001


def test_whatever_is_below_a_drawn_threshold_is_raised_to_it(tmp_path: Path) -> None:
    front_end = KINDS["none"].model_copy(update={"top_db": 50.0})
    lesson = small(tmp_path / "w", front_end)

    pictures, _ = of(lesson, threshold_db=40.0)

    before, after = stored(lesson), pictures
    floors = after.amin(dim=(1, 2, 3))
    above = floors - (before.amax(dim=(1, 2, 3)) - 50)
    assert (above > -1e-3).all()
    assert above.max() <= 40.001
    assert above.std() > 1
    np.testing.assert_allclose(after, torch.maximum(before, floors[:, None, None, None]), atol=1e-3)
