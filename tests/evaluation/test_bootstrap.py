import numpy as np
import pytest

from silencio.evaluation.bootstrap import draw, estimate, joint_level


def test_every_resampling_draws_as_many_recordings_as_there_are() -> None:
    counts = draw(groups=17, resamples=50, seed=1)
    assert counts.shape == (50, 17)
    assert (counts.sum(axis=1) == 17).all()


def test_the_seed_decides() -> None:
    assert (draw(9, 20, seed=4) == draw(9, 20, seed=4)).all()
    assert (draw(9, 20, seed=4) != draw(9, 20, seed=5)).any()


def test_one_recording_alone_has_no_interval() -> None:
    assert draw(1, 20, seed=1).shape == (0, 1)
    assert not estimate(0.7, np.array([])).has_interval


def test_the_interval_is_made_of_percentiles() -> None:
    e = estimate(0.5, np.linspace(0, 1, 1001))
    assert (e.low, e.high) == pytest.approx((0.025, 0.975))


def test_resamplings_without_a_figure_are_left_out() -> None:
    e = estimate(0.5, np.array([0.4, np.nan, 0.6]), level=1.0)
    assert (e.low, e.high) == pytest.approx((0.4, 0.6))


def test_an_unknown_figure_has_no_interval() -> None:
    assert not estimate(float("nan"), np.array([0.4, 0.6])).has_interval


def test_the_interval_holds_the_mean_of_recordings_as_often_as_it_says() -> None:
    random = np.random.default_rng(8)
    counts = draw(40, 400, seed=8)
    held = 0
    for _ in range(300):
        values = random.normal(0, 1, 40)
        e = estimate(float(values.mean()), counts @ values / 40)
        held += e.low <= 0 <= e.high
    assert 0.90 <= held / 300 <= 0.98


def test_more_comparisons_ask_for_wider_intervals() -> None:
    assert joint_level(1) == pytest.approx(0.90)
    assert joint_level(5) == pytest.approx(0.98)
