import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from silencio.evaluation.calibration import BINS, calibration_error, reliability

ONCE = np.ones((1, 4), np.float32)
ALONE = np.arange(4)


def test_the_error_worked_by_hand() -> None:
    targets = np.array([[1, 0], [0, 1], [1, 0], [0, 0]], np.bool_)
    scores = np.array([[0.9, 0.1], [0.91, 0.2], [0.3, 0.1], [0.32, 0.3]], np.float32)

    # Two windows at 0.905 of which one is right, two at 0.31 of which one is right.
    expected = (abs(0.905 - 0.5) + abs(0.31 - 0.5)) / 2

    assert calibration_error(targets, scores, ALONE, ONCE)[0] == pytest.approx(expected)


def test_what_means_what_it_says_has_no_error() -> None:
    targets = np.array([[1], [1], [1], [0]], np.bool_)
    assert calibration_error(targets, np.full((4, 1), 0.75, np.float32), ALONE, ONCE)[0] == pytest.approx(0)


def test_recordings_weigh_as_often_as_they_are_drawn() -> None:
    targets = np.array([[1], [0], [1], [0]], np.bool_)
    scores = np.array([[0.9], [0.9], [0.2], [0.2]], np.float32)
    drawn = np.array([[2, 0], [1, 1]], np.float32)

    errors = calibration_error(targets, scores, np.array([0, 0, 1, 1]), drawn)

    assert errors.tolist() == pytest.approx([0.4, (0.4 + 0.3) / 2])


def test_without_windows_there_is_no_error() -> None:
    nothing = np.zeros((0, 2), np.bool_), np.zeros((0, 2), np.float32)
    assert np.isnan(calibration_error(*nothing, np.zeros(0, np.intp), np.ones((1, 0), np.float32)))
    assert reliability(*nothing) == ()


def test_the_bins_are_scikit_learns() -> None:
    random = np.random.default_rng(6)
    scores = random.random((500, 1)).astype(np.float32)
    targets = random.random((500, 1)) < scores

    bins = reliability(targets, scores)
    right, confidence = calibration_curve(targets[:, 0], scores[:, 0], n_bins=BINS)

    assert [b.right for b in bins] == pytest.approx(right)
    assert [b.confidence for b in bins] == pytest.approx(confidence)
    assert sum(b.windows for b in bins) == 500


def test_a_bin_without_windows_is_left_out_and_the_ends_belong_to_the_outer_ones() -> None:
    scores = np.array([[0.0], [1.0], [1.0]], np.float32)
    bins = reliability(np.array([[0], [1], [0]], np.bool_), scores)
    assert [(b.low, b.high, b.windows, b.right) for b in bins] == [(0, 1 / 15, 1, 0), (14 / 15, 1, 2, 0.5)]
