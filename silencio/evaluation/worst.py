"""The mistakes that a reviewer should listen to first."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from silencio.evaluation.truth import Scores, Truth

PER_LABEL = 2
"""At most so many of one kind and species: one bad class must not hide the others."""


@dataclass(frozen=True)
class Mistake:
    kind: Literal["missed", "false alarm"]
    window: int
    """Its row in the truth."""
    recording: str
    start: float
    """Seconds into the recording."""
    label: str
    probability: float
    truth: tuple[str, ...]
    """The species that do call there."""


def worst_mistakes(truth: Truth, scores: Scores, count: int = 8) -> tuple[Mistake, ...]:
    """scores: [windows, classes] -> the most confident false alarms, then the calls that got the least."""
    false_alarms = np.where(truth.targets, -np.inf, scores)
    missed = np.where(truth.targets, 1 - scores, -np.inf)
    return (
        *_pick(truth, scores, false_alarms, "false alarm", count),
        *_pick(truth, scores, missed, "missed", count),
    )


def _pick(
    truth: Truth,
    scores: Scores,
    badness: NDArray[np.floating],
    kind: Literal["missed", "false alarm"],
    count: int,
) -> list[Mistake]:
    """badness: [windows, classes], -inf where there is no mistake of this kind."""
    taken: Counter[int] = Counter()
    mistakes: list[Mistake] = []
    for place in np.argsort(-badness, axis=None, kind="stable"):
        window, label = divmod(int(place), len(truth.labels))
        if len(mistakes) == count or not np.isfinite(badness[window, label]):
            break
        # A false alarm below one half, or a call above it, is no mistake that anybody would notice.
        if badness[window, label] < 0.5:
            break
        if taken[label] == PER_LABEL:
            continue
        taken[label] += 1
        mistakes.append(
            Mistake(
                kind=kind,
                window=window,
                recording=truth.facts["recording"][window],
                start=truth.facts["start"][window],
                label=truth.labels[label],
                probability=float(scores[window, label]),
                truth=tuple(
                    name for name, calls in zip(truth.labels, truth.targets[window], strict=True) if calls
                ),
            )
        )
    return mistakes
