import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import roc_auc_score
from sklearn.metrics import roc_curve as of_sklearn

from silencio.evaluation.roc import POINTS, roc_curve

SCORES = arrays(np.float32, (30, 3), elements=st.floats(0, 1, width=32))
TARGETS = arrays(np.bool_, (30, 3))


@given(TARGETS, SCORES)
def test_it_goes_from_nothing_to_everything_by_thresholds_that_are_numbers(
    targets: np.ndarray, scores: np.ndarray
) -> None:
    points = roc_curve(targets, scores)
    if targets.all() or not targets.any():
        assert points == ()
        return
    told = np.array([(p.threshold, p.false_positive_rate, p.recall) for p in points])
    assert np.isfinite(told).all()
    assert (np.diff(told[:, 0]) <= 0).all()
    assert (np.diff(told[:, 1:], axis=0) >= 0).all()
    assert told[0].tolist() == [1, 0, 0]
    assert told[-1].tolist() == [0, 1, 1]
    assert len(points) <= POINTS + 2


def test_every_point_lies_on_the_curve_of_scikit_learn() -> None:
    generator = np.random.default_rng(1)
    targets = generator.random((2_000, 4)) < 0.1
    scores = np.clip(generator.normal(0.3 + 0.3 * targets, 0.15), 0, 1).astype(np.float32)
    rates, recalls, thresholds = of_sklearn(targets.ravel(), scores.ravel(), drop_intermediate=False)
    exact = {t: (rate, recall) for t, rate, recall in zip(thresholds, rates, recalls, strict=True)}
    points = roc_curve(targets, scores)
    for point in points[1:-1]:
        at = exact[np.float32(point.threshold)]
        assert (point.false_positive_rate, point.recall) == pytest.approx(at)
    drawn = np.trapezoid([p.recall for p in points], [p.false_positive_rate for p in points])
    assert drawn == pytest.approx(roc_auc_score(targets.ravel(), scores.ravel()), abs=0.01)
