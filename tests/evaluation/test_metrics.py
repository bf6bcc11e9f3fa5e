import subprocess
import sys
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from silencio.evaluation.metrics import (
    average_precision,
    macro,
    mean_average_precision,
    mean_roc_auc,
    padded_average_precision,
    resampled,
    roc_auc,
)


@st.composite
def targets_and_scores(draw: st.DrawFn) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    shape = (draw(st.integers(1, 30)), draw(st.integers(1, 4)))
    # A coarse grid of scores, so that ties are the rule.
    scores = draw(arrays(np.int8, shape, elements=st.integers(0, draw(st.sampled_from([1, 5, 120])))))
    return draw(arrays(np.bool_, shape)), (scores / 120).astype(np.float32)


@given(targets_and_scores())
def test_average_precision_is_scikit_learns(drawn: tuple[NDArray[np.bool_], NDArray[np.float32]]) -> None:
    targets, scores = drawn
    for k, value in enumerate(average_precision(targets, scores)):
        if targets[:, k].any():
            assert value == pytest.approx(average_precision_score(targets[:, k], scores[:, k]), abs=1e-12)
        else:
            assert np.isnan(value)


@given(targets_and_scores())
def test_roc_auc_is_scikit_learns(drawn: tuple[NDArray[np.bool_], NDArray[np.float32]]) -> None:
    targets, scores = drawn
    for k, value in enumerate(roc_auc(targets, scores)):
        if targets[:, k].any() and not targets[:, k].all():
            assert value == pytest.approx(roc_auc_score(targets[:, k], scores[:, k]), abs=1e-12)
        else:
            assert np.isnan(value)


@given(targets_and_scores())
def test_padded_average_precision_is_scikit_learns_over_five_more_windows_of_every_species(
    drawn: tuple[NDArray[np.bool_], NDArray[np.float32]],
) -> None:
    targets, scores = drawn
    scores = np.minimum(scores, 1)  # as probabilities are; some reach the padding's
    padding = np.ones((5, targets.shape[1]))
    expected = average_precision_score(
        np.vstack([targets, padding]), np.vstack([scores, padding]), average=None
    )
    np.testing.assert_allclose(padded_average_precision(targets, scores), expected, atol=1e-12)


@settings(max_examples=50)
@given(targets_and_scores(), st.randoms(use_true_random=False))
def test_counts_of_recordings_mean_the_same_as_repeating_their_windows(
    drawn: tuple[NDArray[np.bool_], NDArray[np.float32]], random: Random
) -> None:
    targets, scores = drawn
    groups = np.array([random.randint(0, 3) for _ in targets], dtype=np.intp)
    counts = np.array([[random.randint(0, 3) for _ in range(4)] for _ in range(5)], dtype=np.float32)

    figures = resampled(targets, scores, groups, counts)

    for r, times in enumerate(counts):
        rows = np.repeat(np.arange(len(targets)), times[groups].astype(int))
        np.testing.assert_allclose(
            figures["map"][r], average_precision(targets[rows], scores[rows]), atol=1e-12
        )
        np.testing.assert_allclose(
            figures["padded_map"][r], padded_average_precision(targets[rows], scores[rows]), atol=1e-12
        )
        np.testing.assert_allclose(figures["roc_auc"][r], roc_auc(targets[rows], scores[rows]), atol=1e-12)


def test_a_resampling_that_misses_the_best_scored_recording_still_has_a_figure() -> None:
    targets = np.array([[True], [True], [False]])
    scores = np.array([[0.9], [0.5], [0.7]], dtype=np.float32)
    counts = np.array([[0, 2, 1]], dtype=np.float32)
    figures = resampled(targets, scores, np.arange(3), counts)
    assert figures["map"][0, 0] == pytest.approx(2 / 3)
    assert figures["roc_auc"][0, 0] == 0


def test_a_class_without_a_positive_is_left_out_of_the_mean() -> None:
    targets = np.array([[True, False], [False, False], [True, False]])
    scores = np.array([[0.9, 0.8], [0.6, 0.7], [0.5, 0.6]], dtype=np.float32)

    assert mean_average_precision(targets, scores) == pytest.approx((1 + 2 / 3) / 2)
    assert mean_roc_auc(targets, scores) == pytest.approx(0.5)


def test_the_mean_over_no_class_at_all_is_unknown() -> None:
    assert np.isnan(macro(np.array([np.nan, np.nan])))
    assert np.isnan(mean_average_precision(np.zeros((0, 3), dtype=np.bool_), np.zeros((0, 3))))


def test_the_room_needs_neither_torch_nor_scikit_learn() -> None:
    program = """
import sys
from random import Random
import silencio.evaluation.report, silencio.evaluation.thresholds
heavy = {"torch", "sklearn", "matplotlib", "mlflow"} & set(sys.modules)
sys.exit(f"imported {heavy}" if heavy else 0)
"""
    subprocess.run([sys.executable, "-c", program], check=True)
