"""Under which conditions: as far as the data set tells; the built-in reserve tells it all."""

import polars as pl

from silencio.data.report.bins import histogram
from silencio.data.report.drawing import line, plot, scale, spread
from silencio.data.report.markup import Section, figure, side_by_side
from silencio.data.report.material import Material
from silencio.data.report.words import plural, rounded

COLUMNS = ("snr_db", "overlap", "colour_db", "dialect")


def conditions(material: Material) -> Section:
    table = material.recordings
    if all(table[column].is_null().all() for column in COLUMNS):
        body = '<p class="gap">No recording came with its loudness, its overlap or its microphone.</p>'
        return Section("conditions", "Conditions", body)
    by_microphone = table.group_by("group", maintain_order=True).agg(pl.col("colour_db").mean())["colour_db"]
    figures = [
        histogram(table["snr_db"], "Call over background", "dB", "a signal-to-noise ratio"),
        histogram(
            table["overlap"] * 100, "Overlap", "%", "the share of overlap",
            about="The share of the call in which another animal calls.",
        ),
        histogram(
            by_microphone, "Microphones", "dB", "its microphone's colour",
            about="How much brighter (+) or duller (−) than a flat one, counted by group.",
            noun="group",
        ),
        _dialect(table),
    ]  # fmt: skip
    return Section("conditions", "Conditions", side_by_side(figures))


def _dialect(table: pl.DataFrame) -> str:
    known = table.drop_nulls(["dialect", "recorded_at"])
    if known.is_empty():
        return figure(
            "Dialect", '<p class="gap">No recording came with the drift of its species over the years.</p>'
        )
    years = (
        known.group_by(year=pl.col("recorded_at").dt.year())
        .agg(
            low=pl.col("dialect").min(),
            middle=pl.col("dialect").median(),
            high=pl.col("dialect").max(),
            n=pl.len(),
        )
        .sort("year")
    )
    reach = max(float(years.select(pl.col("low", "high").abs().max()).to_numpy().max()), 0.1)
    lines = [
        line(
            str(year),
            spread(*(0.5 + value / reach / 2 for value in (low, middle, high))),
            plural(n, "recording"),
        )
        for year, low, middle, high, n in years.iter_rows()
    ]
    lines.append(line("", scale([(0, rounded(-reach)), (0.5, "0"), (1, f"+{rounded(reach)}")]), ""))
    about = "Semitones that species had drifted by each year: the lowest, the median, the highest."
    return figure("Dialect", plot(lines, about), about=about)
