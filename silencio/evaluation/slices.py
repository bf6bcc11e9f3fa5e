"""The conditions that a model is looked at under: each picks windows of the truth by their facts.

`overall` and `night` are about when a window was recorded, so they hold every window of that time, those
with no call too. The others are about a call: `low_snr`, `insects` and `overlaps` are the windows with such a
call, judged together with the silent windows. Without those, a class that calls in every window of its slice
would score a perfect 1 whatever the model says, and a call taken for silence would go unnoticed.

A slice whose facts nobody recorded is empty, and what is judged on it is inconclusive.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silencio.errors import WrongUse
from silencio.evaluation.truth import Truth

Mask = NDArray[np.bool_]
"""[windows]"""

OVERALL = "overall"


@dataclass(frozen=True)
class Slice:
    name: str
    title: str
    about: str
    holds: pl.Expr
    """Over the facts, one truth value a window; null counts as no."""
    with_silence: bool = False

    def members(self, truth: Truth) -> Mask:
        """[windows]: those that meet the condition. They are what a minimum number of windows counts."""
        return _mask(truth, self.holds)

    def rows(self, truth: Truth) -> Mask:
        """[windows]: what the figures are computed on: the members, and the silence they stand out from."""
        members = self.members(truth)
        if not self.with_silence or not members.any():
            return members
        return members | _mask(truth, pl.col("callers") == 0)


def _mask(truth: Truth, condition: pl.Expr) -> Mask:
    return truth.facts.select(condition.fill_null(False).alias("holds"))["holds"].to_numpy().astype(np.bool_)


_HOUR = pl.col("recorded_at").dt.hour()
_SNR = pl.when(pl.col("snr_db").is_finite()).then(pl.col("snr_db"))

SLICES = {
    s.name: s
    for s in (
        Slice(
            OVERALL,
            "Overall",
            "Every window.",
            pl.col("recording").is_not_null(),
        ),
        Slice(
            "night",
            "Night",
            "Every window recorded from 18:00 to 06:00, with a call or without.",
            (_HOUR < 6) | (_HOUR >= 18),
        ),
        Slice(
            "low_snr",
            "Low SNR",
            "The third of the calls that stands out least from the background, and silence.",
            _SNR.le(_SNR.quantile(1 / 3, "linear")),
            with_silence=True,
        ),
        Slice(
            "insects",
            "Insects",
            "Windows in which an insect calls, and silence.",
            pl.col("insects"),
            with_silence=True,
        ),
        Slice(
            "overlaps",
            "Overlaps",
            "Windows in which two species or more call at once, and silence.",
            pl.col("callers") >= 2,
            with_silence=True,
        ),
    )
}


def choose(names: Iterable[str]) -> list[Slice]:
    """The slices of these names, each once, in this order."""
    chosen = []
    for name in dict.fromkeys(names):
        if name not in SLICES:
            near = difflib.get_close_matches(name, SLICES, n=1)
            raise WrongUse(
                f"There is no slice {name!r}{f', did you mean {near[0]}?' if near else '.'}",
                f"The slices are {', '.join(SLICES)}: mend it in the experiment file.",
            )
        chosen.append(SLICES[name])
    return chosen


def title_of(name: str) -> str:
    """How a reader calls the slice; a slice that another room named keeps that name."""
    return SLICES[name].title if name in SLICES else name.replace("_", " ").capitalize()
