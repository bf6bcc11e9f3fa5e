"""The recordings as files: how long, how well rated, at which rate, from where and under which licence."""

import polars as pl

from silencio.data.report.bins import histogram
from silencio.data.report.drawing import line, plot, stacked
from silencio.data.report.markup import Section, figure, side_by_side
from silencio.data.report.material import Material
from silencio.data.report.words import count, gap, percent, plural

MOST_KINDS = 10
"""Licences or collections, say: the rarer ones are counted together."""


def recordings(material: Material) -> Section:
    table = material.recordings
    if table.is_empty():
        return Section("recordings", "Recordings", "<p>There is no recording.</p>")
    rates = table["sample_rate"].cast(pl.Float64) / 1000
    figures = [
        histogram(table["duration"], "Length", "s", "a length"),
        histogram(table["quality"], "Rating", "", "a rating"),
        _kinds(rates.cast(pl.String) + " kHz", "Sample rate", "a sample rate"),
        _kinds(table["licence"], "Licence", "a licence"),
        _kinds(table["collection"], "Collection", "a collection"),
        _kinds(table["origin"], "Origin", "an origin"),
    ]
    return Section("recordings", "Recordings", side_by_side(figures))


def _kinds(values: pl.Series, title: str, untold: str) -> str:
    known = values.drop_nulls().alias("kind")
    missing = gap(len(values) - len(known), len(values), untold)
    if known.is_empty():
        return figure(title, missing)
    found = known.value_counts().sort(["count", "kind"], descending=[True, False])
    shown = list(found.head(MOST_KINDS).iter_rows())
    if rest := len(known) - sum(number for _, number in shown):
        shown.append((f"{len(found) - MOST_KINDS} others", rest))
    most = max(number for _, number in shown)
    lines = [
        line(
            kind or "(empty)",
            stacked([(number, "fill")], most),
            f"{count(number)} · {percent(number, len(values))}",
        )
        for kind, number in shown
    ]
    alt = f"{title}. " + " ".join(f"{kind}: {plural(number, 'recording')}." for kind, number in shown)
    return figure(title, plot(lines, alt) + missing)
