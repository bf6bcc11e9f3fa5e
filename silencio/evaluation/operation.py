"""What the thresholds do where they were not set: false alarms let through and calls caught, species by species."""

from collections.abc import Sequence
from dataclasses import dataclass

from silencio.errors import WrongUse
from silencio.evaluation.bootstrap import Estimate
from silencio.evaluation.thresholds import Threshold
from silencio.evaluation.truth import Scores, Truth


@dataclass(frozen=True)
class Operation:
    """A threshold, and how it does on the test part."""

    label: str
    threshold: Estimate
    own: float
    """What the species' own windows say, before it was drawn towards those of its class; NaN where nobody knows."""
    calls: int
    """Windows in which it calls, where the threshold was set."""
    expected_rate: float
    """The share of windows without it that were let through there."""
    windows: int
    """Windows in which it calls, in the test part."""
    false_positive_rate: float
    """Of the windows without it, in the test part; NaN where there are none."""
    recall: float
    """Of the windows in which it calls, in the test part; NaN where there are none."""


def operate(truth: Truth, scores: Scores, thresholds: Sequence[Threshold]) -> tuple[Operation, ...]:
    """scores: [windows, classes] of the test part; thresholds: one a class, in the order of the labels."""
    if tuple(threshold.label for threshold in thresholds) != truth.labels:
        raise WrongUse(
            "The thresholds are of other species than the truth, or in another order.",
            "Give one threshold a label, in the truth's order.",
        )
    return tuple(
        Operation(
            label=threshold.label,
            threshold=Estimate(threshold.value, threshold.low, threshold.high),
            own=threshold.own,
            calls=threshold.calls,
            expected_rate=threshold.expected_rate,
            windows=int(calls.sum()),
            false_positive_rate=float(reported[~calls].mean()) if not calls.all() else float("nan"),
            recall=float(reported[calls].mean()) if calls.any() else float("nan"),
        )
        for threshold, calls, reported in (
            (threshold, truth.targets[:, k], scores[:, k] >= threshold.value)
            for k, threshold in enumerate(thresholds)
        )
    )
