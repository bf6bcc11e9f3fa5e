"""What was really there: the labels of the windows that models are judged on, and what slices need to know."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Scores = NDArray[np.float32]
"""Probabilities, [windows, classes], one row a window of the truth."""

FACTS = pl.Schema(
    {
        "recording": pl.String(),
        "start": pl.Float64(),  # seconds into the recording
        "recorded_at": pl.Datetime("us"),  # local time; null where no source says
        "snr_db": pl.Float64(),  # of the loudest call in the window; null where nobody knows
        "callers": pl.Int32(),  # species calling in the window
        "birds": pl.Int32(),  # so many of them, as the next
        "frogs": pl.Int32(),
        "mammals": pl.Int32(),
        "insects": pl.Int32(),
        "least_trained": pl.Int32(),  # recordings trained on of its caller that has fewest; null where none calls
        "new_recordist": pl.Boolean(),  # nobody whose recordings are trained on; null where nobody says who
        "short": pl.Boolean(),  # the recording is shorter than a window
        "site": pl.String(),  # see `silencio.evaluation.judged`; null where nobody says
    }
)


@dataclass(frozen=True)
class Truth:
    labels: tuple[str, ...]
    """Species codes, in the order of the classes."""
    targets: NDArray[np.bool_]
    """[windows, classes]"""
    facts: pl.DataFrame
    """One row a window, with the schema FACTS."""

    def __post_init__(self) -> None:
        if self.targets.shape != (len(self.facts), len(self.labels)):
            raise ValueError(f"targets {self.targets.shape} against {len(self.facts)} x {len(self.labels)}")
        if self.facts.schema != FACTS:
            raise ValueError(f"the facts have the schema {self.facts.schema}")


def without_windows(truth: Truth) -> Truth:
    """Of the same species."""
    return Truth(truth.labels, truth.targets[:0], truth.facts[:0])


def beside_nothing(truth: Truth, recordings: Sequence[str]) -> Truth:
    """The truth, and after it a window of each of these recordings, in which nobody calls."""
    silent = pl.DataFrame({"recording": recordings}, schema={"recording": FACTS["recording"]})
    facts = pl.concat([truth.facts, silent], how="diagonal")
    nobody = np.zeros((len(recordings), len(truth.labels)), np.bool_)
    return Truth(truth.labels, np.concatenate([truth.targets, nobody]), facts)
