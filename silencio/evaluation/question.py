"""A behaviour as a question that is put to candidate and champion alike, and what it is measured on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from silencio.data.windows.store import Windows
from silencio.evaluation.bootstrap import Estimate
from silencio.evaluation.judged import Judged
from silencio.evaluation.metrics import Floats
from silencio.evaluation.resampling import figure_of
from silencio.evaluation.said import Said
from silencio.evaluation.trials.trials import Trials
from silencio.evaluation.truth import Truth

Measure = Callable[[Said], Floats]
"""[1 + resamples], the figure itself first; NaN where there is nothing to measure."""


@dataclass(frozen=True)
class Behaviour:
    name: str
    title: str
    about: str
    """What is measured, in a sentence."""
    value: Estimate
    champion: Estimate | None
    windows: int
    """That it is measured on."""
    bar: float | None
    """None: it is shown, and no gate."""
    at_least: bool
    """Whether the bar is a least value; else it is a most one."""


@dataclass(frozen=True)
class Ground:
    """What behaviour is measured on."""

    truth: Truth
    """Of the test part."""
    timed: NDArray[np.bool_]
    """[windows] of the test part: whose labels say when, so that a window in which none is given is empty."""
    hours: float
    """That a window adds to how long was listened."""
    taught: NDArray[np.float64]
    """How many training windows each species is named in, [classes]"""
    trials: Trials | None

    @classmethod
    def of(cls, judged: Judged, windows: Windows, trials: Trials | None) -> Self:
        return cls(
            judged.truth,
            windows.index["strong"].to_numpy()[judged.rows].astype(np.bool_),
            windows.front_end.hop_seconds / 3600,
            windows.targets()[windows.rows("train")].sum(axis=0, dtype=np.float64),
            trials,
        )


@dataclass(frozen=True)
class Question:
    """One behaviour, and how to measure it of anybody."""

    name: str
    title: str
    about: str
    windows: int
    bar: float | None
    at_least: bool
    measure: Measure

    def put(self, candidate: Said, champion: Said | None) -> Behaviour:
        return Behaviour(
            self.name,
            self.title,
            self.about,
            figure_of(self.measure(candidate)),
            None if champion is None else figure_of(self.measure(champion)),
            self.windows,
            self.bar,
            self.at_least,
        )
