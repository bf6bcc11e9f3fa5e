"""The mistakes that a report begins with."""

import numpy as np

from silencio.evaluation.worst import worst_mistakes
from tests.evaluation.reserve import compose_scores, compose_truth


def test_the_worst_mistakes_come_first_and_no_species_takes_all_places() -> None:
    truth = compose_truth()
    scores = compose_scores(truth)
    silent = np.flatnonzero(~truth.targets.any(axis=1))
    scores[silent[:5], 2] = [0.991, 0.992, 0.993, 0.994, 0.995]

    false_alarms = [m for m in worst_mistakes(truth, scores) if m.kind == "false alarm"]

    assert [(m.window, m.label) for m in false_alarms[:2]] == [
        (silent[4], "species02"),
        (silent[3], "species02"),
    ]
    assert false_alarms[0].truth == ()
    assert sum(m.label == "species02" for m in false_alarms) == 2


def test_a_perfect_model_has_no_mistakes() -> None:
    truth = compose_truth()
    assert worst_mistakes(truth, truth.targets.astype(np.float32)) == ()
