import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from silencio.errors import WrongUse
from silencio.evaluation.thresholds import DEFAULT, by_label, choose_thresholds
from silencio.evaluation.truth import Truth
from tests.evaluation.reserve import compose_scores, compose_truth


@given(
    arrays(np.float32, st.integers(1, 200), elements=st.floats(0, 1, width=32)),
    st.sampled_from([0.0, 0.01, 0.07, 0.29, 0.5, 1.0]),
)
def test_the_threshold_is_the_smallest_that_keeps_the_rate(absent: NDArray[np.float32], rate: float) -> None:
    facts = compose_truth(windows=len(absent), classes=1).facts
    truth = Truth(("frog",), np.zeros((len(absent), 1), dtype=np.bool_), facts)

    threshold = by_label(choose_thresholds(truth, absent[:, None], rate))["frog"]

    assert (absent >= threshold).mean() <= rate + 1e-9
    if threshold > 0:
        below = np.nextafter(np.float32(threshold), np.float32(-1))
        assert (absent >= below).mean() > rate


def test_each_class_has_a_threshold_of_its_own_that_survives_json() -> None:
    truth = compose_truth()
    scores = compose_scores(truth)
    thresholds = json.loads(json.dumps(by_label(choose_thresholds(truth, scores, 0.01))))
    assert tuple(thresholds) == truth.labels
    for k, label in enumerate(truth.labels):
        absent = scores[~truth.targets[:, k], k]
        assert (absent >= thresholds[label]).mean() <= 0.01


def test_a_species_that_is_never_absent_gets_the_default() -> None:
    truth = compose_truth(classes=2, windows=20)
    truth.targets[:, 0] = True
    thresholds = by_label(choose_thresholds(truth, compose_scores(truth), 0.01))
    assert thresholds["species00"] == DEFAULT
    assert thresholds["species01"] != DEFAULT


def test_without_windows_every_species_gets_the_default() -> None:
    truth = compose_truth(classes=2, windows=6)
    empty = Truth(truth.labels, truth.targets[:0], truth.facts[:0])
    assert set(by_label(choose_thresholds(empty, np.zeros((0, 2), np.float32), 0.01)).values()) == {DEFAULT}


def test_scores_of_other_windows_are_refused() -> None:
    truth = compose_truth(windows=12)
    with pytest.raises(WrongUse, match=r"\[windows, classes\]"):
        by_label(choose_thresholds(truth, compose_scores(truth)[1:], 0.01))
