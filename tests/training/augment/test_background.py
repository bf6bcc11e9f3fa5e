from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from silencio.training.augment.background import backgrounds, lay_behind
from silencio.training.augment.decibels import mean_power, power_sum
from tests.training.augment.recorded import KINDS, Recorded, of, small, stored


def test_backgrounds_are_windows_in_which_nobody_is_known_to_call(tmp_path: Path) -> None:
    recorded = Recorded()
    recorded.add("bird", "bird")
    recorded.add("forest", None, windows=2, part="unlabelled")
    recorded.add("silent", None, strong=True)
    recorded.add("frog", "frog", strong=True)
    recorded.add("judging", None, strong=True, part="test")
    recorded.add("nobody said", None)

    assert backgrounds(recorded.lesson(tmp_path / "w").windows).tolist() == [1, 2, 3]


@given(st.integers(0, 10**6), st.floats(-10, 20), st.floats(0, 20))
def test_the_ratio_of_mean_powers_is_between_the_two_that_are_set(seed: int, low: float, wide: float) -> None:
    drawing = torch.Generator().manual_seed(seed)
    sound = -40 + 8 * torch.randn(3, 6, 7, generator=drawing)
    behind = -70 + 8 * torch.randn(3, 6, 7, generator=drawing)

    together = lay_behind(sound, behind, (low, low + wide), torch.Generator().manual_seed(seed))

    of_both = 10 ** (mean_power(together) / 10)
    of_sound = 10 ** (mean_power(sound) / 10)
    ratio = 10 * torch.log10(of_sound / (of_both - of_sound))
    assert ((ratio > low - 0.1) & (ratio < low + wide + 0.1)).all()


def test_a_background_is_heard_where_the_window_is_silent(tmp_path: Path) -> None:
    lesson = small(tmp_path / "w", KINDS["none"])

    pictures, targets = of(lesson, background=1.0, background_snr_db=(10.0, 10.0))

    expected = mean_power(stored(lesson)[:, 0]) + 10 * np.log10(1.1)
    np.testing.assert_allclose(mean_power(pictures[:, 0]), expected, atol=0.05)
    assert torch.equal(targets, lesson.targets[lesson.taught])


@given(st.floats(-100, 20), st.floats(-100, 20))
def test_powers_add(one: float, other: float) -> None:
    both = power_sum(torch.tensor([one]), torch.tensor([other])).item()

    assert both == pytest.approx(10 * np.log10(10 ** (one / 10) + 10 ** (other / 10)), abs=1e-3)
