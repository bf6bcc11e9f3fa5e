"""The conditions that a model is looked at under: each picks windows of the truth by their facts.

Some are about a recording, when and where and by whom it was made: `night`, `short`, a month. They hold every window
of that kind, those with no call too. The others are about a call: `low_snr`, `insects` and `overlaps` are the windows
with such a call, judged together with the silent windows. Without those, a class that calls in every window of its
slice would score a perfect 1 whatever the model says, and a call taken for silence would go unnoticed.

night+insects is what is in both, judged together with the silence of the night.

A slice whose facts nobody recorded is empty, and what is judged on it is inconclusive.
"""

import difflib
from calendar import month_name
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silencio.errors import WrongUse
from silencio.evaluation.truth import Truth
from silencio.settings import Evaluation
from silencio.settings.judging import FAMILIES

Mask = NDArray[np.bool_]
"""[windows]"""

OVERALL = "overall"
RARE_RECORDINGS = Evaluation().rare_recordings


@dataclass(frozen=True)
class Slice:
    name: str
    title: str
    about: str
    holds: pl.Expr
    """Over the facts, one truth value a window; null counts as no."""
    silence: pl.Expr | None = None
    """Which silent windows are judged beside those that it holds; None: it is not about calls."""

    def members(self, truth: Truth) -> Mask:
        """[windows]: those that meet the condition. They are what a minimum number of windows counts."""
        return _mask(truth, self.holds)

    def rows(self, truth: Truth) -> Mask:
        """[windows]: what the figures are computed on: the members, and the silence they stand out from."""
        members = self.members(truth)
        if self.silence is None or not members.any():
            return members
        return members | _mask(truth, _SILENT & self.silence)

    def __and__(self, other: "Slice") -> "Slice":
        """What is in both."""
        parts = (self, other)
        of_silence = [p.holds if p.silence is None else p.silence for p in parts]
        about_calls = any(p.silence is not None for p in parts)
        return Slice(
            f"{self.name}+{other.name}",
            f"{self.title} + {other.title}",
            f"{self.about} And: {other.about}",
            self.holds & other.holds,
            of_silence[0] & of_silence[1] if about_calls else None,
        )


def named(name: str, rare_recordings: int = RARE_RECORDINGS) -> Slice:
    """Of the settings, one of a family (month 03, site A01), or several joined by +."""
    return _of_family(name) or reduce(
        Slice.__and__, (_one(part, rare_recordings) for part in name.split("+"))
    )


def choose(names: Iterable[str], rare_recordings: int = RARE_RECORDINGS) -> list[Slice]:
    """The slices of these names, each once, in this order."""
    return [named(name, rare_recordings) for name in dict.fromkeys(names)]


def present(
    names: Iterable[str],
    truth: Truth,
    rare_recordings: int = RARE_RECORDINGS,
    minimum_windows: int = 1,
) -> list[Slice]:
    """As `choose`, with a slice for each month and site where a family is named, and only those that have windows.

    Of families only those that have `minimum_windows`, for recordists go to hundreds of places once; and none that has
    all windows, for that is the whole.
    """
    found: list[Slice] = []
    for name in dict.fromkeys(names):
        if name in FAMILIES:
            every = len(truth.facts)
            found += [s for s in _family(name, truth) if minimum_windows <= s.members(truth).sum() < every]
        elif (one := named(name, rare_recordings)).members(truth).any():
            found.append(one)
    return found


def title_of(name: str) -> str:
    """How a reader calls the slice; a slice that another room named keeps that name."""
    known = _of_family(name) is not None or all(part in SLICES for part in name.split("+"))
    return named(name).title if known else name.replace("_", " ").capitalize()


def _mask(truth: Truth, condition: pl.Expr) -> Mask:
    return truth.facts.select(condition.fill_null(False).alias("holds"))["holds"].to_numpy().astype(np.bool_)


_EVERY = pl.lit(True)
_SILENT = pl.col("callers") == 0
_HOUR = pl.col("recorded_at").dt.hour()
_NIGHT = (_HOUR < 6) | (_HOUR >= 18)
_SNR = pl.when(pl.col("snr_db").is_finite()).then(pl.col("snr_db"))
_LOW, _HIGH = _SNR.quantile(1 / 3, "linear"), _SNR.quantile(2 / 3, "linear")
_MONTHS = {f"{number:02d}" for number in range(1, 13)}


def _of_calls(name: str, title: str, about: str, holds: pl.Expr) -> Slice:
    return Slice(name, title, f"{about}, and silence.", holds, _EVERY)


def _rare(recordings: int) -> Slice:
    about = "Windows with a caller of whose species few recordings were trained on"
    return _of_calls("rare", "Rare species", about, pl.col("least_trained") < recordings)


def _month(number: str) -> Slice:
    title = month_name[int(number)]
    holds = pl.col("recorded_at").dt.month() == int(number)
    return Slice(f"month {number}", title, f"Every window recorded in {title}.", holds)


def _site(site: str) -> Slice:
    return Slice(f"site {site}", f"Site {site}", f"Every window recorded at {site}.", pl.col("site") == site)


def _family(family: str, truth: Truth) -> list[Slice]:
    values = {"month": pl.col("recorded_at").dt.strftime("%m"), "site": pl.col("site")}[family]
    there = truth.facts.select(values.drop_nulls().unique().sort()).to_series()
    return [named(f"{family} {value}") for value in there]


def _of_family(name: str) -> Slice | None:
    family, _, which = name.partition(" ")
    if family == "month" and which in _MONTHS:
        return _month(which)
    return _site(which) if family == "site" and which else None


def _one(name: str, rare_recordings: int) -> Slice:
    if name == "rare":
        return _rare(rare_recordings)
    if name not in SLICES:
        near = difflib.get_close_matches(name, SLICES, n=1)
        raise WrongUse(
            f"There is no slice {name!r}{f', did you mean {near[0]}?' if near else '.'}",
            f"The slices are {', '.join(SLICES)}: mend it in the experiment file.",
        )
    return SLICES[name]


SLICES = {
    s.name: s
    for s in (
        Slice(OVERALL, "Overall", "Every window.", pl.col("recording").is_not_null()),
        Slice(
            "night",
            "Night",
            "Every window recorded from 18:00 to 06:00, with a call or without.",
            _NIGHT,
        ),
        Slice(
            "day",
            "Day",
            "Every window recorded from 06:00 to 18:00, with a call or without.",
            ~_NIGHT,
        ),
        _of_calls(
            "low_snr",
            "Low SNR",
            "The third of the calls that stands out least from the background",
            _SNR <= _LOW,
        ),
        _of_calls(
            "middle_snr",
            "Middle SNR",
            "The third of the calls between the faintest and the clearest",
            (_SNR > _LOW) & (_SNR <= _HIGH),
        ),
        _of_calls(
            "high_snr",
            "High SNR",
            "The third of the calls that stands out most from the background",
            _SNR > _HIGH,
        ),
        _of_calls("birds", "Birds", "Windows in which a bird calls", pl.col("birds") > 0),
        _of_calls("frogs", "Frogs", "Windows in which a frog calls", pl.col("frogs") > 0),
        _of_calls("mammals", "Mammals", "Windows in which a mammal calls", pl.col("mammals") > 0),
        _of_calls("insects", "Insects", "Windows in which an insect calls", pl.col("insects") > 0),
        _of_calls(
            "insect_dominant",
            "Insect-dominant",
            "Windows in which at least half of the species that call are insects",
            (pl.col("insects") > 0) & (2 * pl.col("insects") >= pl.col("callers")),
        ),
        _of_calls(
            "overlaps",
            "Overlaps",
            "Windows in which two species or more call at once",
            pl.col("callers") >= 2,
        ),
        _rare(RARE_RECORDINGS),
        Slice(
            "unseen_recordist",
            "Unseen recordist",
            "Every window of recordists and recorders that nothing was trained on.",
            pl.col("new_recordist"),
        ),
        Slice(
            "short",
            "Short",
            "Every window of recordings that are shorter than a window, and padded with silence.",
            pl.col("short"),
        ),
    )
}
