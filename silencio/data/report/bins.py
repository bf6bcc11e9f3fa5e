"""Histograms of a column: round steps, a column a value where there are few, rising steps for lengths."""

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, floor, inf, log10

import polars as pl

from silencio.data.report.drawing import Column, Tick, columns, plot
from silencio.data.report.markup import figure
from silencio.data.report.words import gap, plural, rounded

FEW = 12
"""Values that each get a column of their own."""
BARS = 24
RISING = (0.0, 0.5, 1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 120, 180, 300, 600, 1200, 1800, 3600, inf)


def histogram(
    values: pl.Series, title: str, unit: str, what: str, *, about: str = "", noun: str = "recording"
) -> str:
    """A figure, and how many come without `what`; only the latter where that is all there is."""
    known = values.drop_nulls().cast(pl.Float64)
    missing = gap(len(values) - len(known), len(values), what, noun)
    if known.is_empty():
        return figure(title, missing)
    said = f"{about} " if about else ""
    if known.n_unique() == 1:
        only = f"{rounded(known[0])} {unit}".strip()
        return figure(title, f'<p class="only">{only}</p>{missing}', about=f"{said}The same everywhere.")
    middle = f"{rounded(known.quantile(0.5) or 0.0)} {unit}".strip()
    about = f"{said}Median {middle}."
    return figure(title, plot([_bars(known, unit, noun)], f"{title}. {about}") + missing, about=about)


def _bars(values: pl.Series, unit: str, noun: str) -> str:
    distinct = values.value_counts().sort(values.name)
    if len(distinct) <= min(FEW, len(values) / 2):
        stacks = [_column(rounded(value), number, unit, noun) for value, number in distinct.iter_rows()]
        ticks = [((k + 0.5) / len(stacks), rounded(v)) for k, (v, _) in enumerate(distinct.iter_rows())]
        return columns(stacks, ticks)
    edges = _edges(values, unit)
    found = dict(values.cut(edges[1:-1], left_closed=True).to_physical().value_counts().iter_rows())
    stacks = [
        _column(_from_to(low, high), found.get(k, 0), unit, noun)
        for k, (low, high) in enumerate(pairwise(edges))
    ]
    return columns(stacks, _ticks(edges))


def _column(which: str, number: int, unit: str, noun: str) -> Column:
    return Column(((number, "fill"),), f"{which} {unit}".strip() + f": {plural(number, noun)}")


def _edges(values: pl.Series, unit: str) -> list[float]:
    """The first and the last hold everything between them."""
    ends = values.sort()
    low, high = float(ends[0]), float(ends[-1])
    if unit == "s" and high > max(4 * low, 20):
        first = max(k for k, edge in enumerate(RISING) if edge <= low)
        last = min(k for k, edge in enumerate(RISING) if edge > high)
        return list(RISING[first : last + 1])
    step = _round_step((high - low) / BARS)
    return [k * step for k in range(floor(low / step), ceil(high / step) + 1)]


def _round_step(least: float) -> float:
    power = 10.0 ** floor(log10(least))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least)


def _ticks(edges: Sequence[float]) -> list[Tick]:
    every = ceil(len(edges) / 9)
    return [
        (k / (len(edges) - 1), rounded(edge)) for k, edge in enumerate(edges) if k % every == 0 and edge < inf
    ]


def _from_to(low: float, high: float) -> str:
    return f"{rounded(low)} and more" if high == inf else f"{rounded(low)} to {rounded(high)}"
