"""What was really there: the labels of the windows that models are judged on, and what slices need to know."""

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
        "snr_db": pl.Float64(),  # of the loudest call in the window; null where no source says
        "callers": pl.Int32(),  # species calling in the window
        "insects": pl.Boolean(),  # an insect is among them
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
