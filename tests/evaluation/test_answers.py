import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from sklearn.metrics import f1_score, top_k_accuracy_score

from silencio.evaluation.answers import Answers, among_likeliest, tally, window_f1

Mask = NDArray[np.bool_]


@st.composite
def called_and_reported(draw: st.DrawFn) -> tuple[Mask, Mask]:
    shape = (draw(st.integers(1, 12)), draw(st.integers(1, 4)))
    return draw(arrays(np.bool_, shape)), draw(arrays(np.bool_, shape))


def with_nocall(named: Mask) -> Mask:
    return np.column_stack([named, ~named.any(axis=1)])


@given(called_and_reported())
def test_row_wise_f1_is_scikit_learns_of_sets_that_are_nocall_where_they_are_empty(
    drawn: tuple[Mask, Mask],
) -> None:
    called, reported = drawn
    expected = f1_score(with_nocall(called), with_nocall(reported), average="samples")
    assert window_f1(called, reported).mean() == pytest.approx(expected)


def test_row_wise_f1_worked_by_hand() -> None:
    called = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]], np.bool_)
    reported = np.array([[1, 0, 1], [0, 0, 0], [0, 0, 0], [1, 0, 0]], np.bool_)
    assert window_f1(called, reported).tolist() == [0.5, 0, 1, 0]


def test_top_k_is_scikit_learns_where_one_species_calls() -> None:
    random = np.random.default_rng(2)
    scores = random.random((60, 6)).astype(np.float32)
    species = random.integers(0, 6, 60)
    targets = np.eye(6, dtype=np.bool_)[species]
    for k in range(1, 6):
        expected = top_k_accuracy_score(species, scores, k=k, labels=range(6))
        assert among_likeliest(targets, scores, k).mean() == pytest.approx(expected)


def test_any_caller_among_the_likeliest_is_right_and_a_tie_is_not() -> None:
    targets = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0]], np.bool_)
    scores = np.array([[0.1, 0.9, 0.5], [0.5, 0.5, 0.1], [0.9, 0.1, 0.1]], np.float32)
    assert among_likeliest(targets, scores, 1).tolist() == [True, False, False]
    assert among_likeliest(targets, scores, 2).tolist() == [True, True, False]


def test_a_species_is_reported_from_its_own_threshold_on() -> None:
    scores = np.array([[0.4, 0.4], [0.6, 0.6]], np.float32)
    assert Answers.at(scores, [0.4, 0.7]).reported.tolist() == [[True, False], [True, False]]
    assert Answers.at(scores).reported.tolist() == [[False, False], [True, True]]


def test_a_tally_weighs_the_windows_of_recordings_as_often_as_they_are_drawn() -> None:
    right, asked = np.array([True, False, True, True]), np.array([True, True, True, False])
    counts = np.array([[1, 1], [2, 0], [0, 3]], np.float32)
    mean = tally(right, asked, np.array([0, 0, 1, 1]), 2).resampled(counts)
    assert mean.tolist() == pytest.approx([2 / 3, 1 / 2, 1])


def test_where_nothing_was_asked_there_is_no_mean() -> None:
    nothing = np.array([False, False])
    assert np.isnan(tally(nothing, nothing, np.array([0, 1]), 2).resampled(np.ones((1, 2), np.float32))).all()
