"""What there is of each class and species: one figure, and one table that is searched and sorted."""

from collections.abc import Mapping
from html import escape
from typing import Any

import polars as pl

from silencio.data.report.drawing import line, plot, spark, stacked
from silencio.data.report.listen import anchor
from silencio.data.report.markup import Cell, Section, figure, key, table
from silencio.data.report.material import Material
from silencio.data.report.words import NOTHING, count, length, plural

FEW, RARE = 12, 10
COLUMNS: tuple[Cell, ...] = (
    ("Class", "class"),
    ("Recordings", "n"),
    ("By part", "bar"),
    ("Sound", "n"),
    ("In the background", "n"),
    ("Groups", "n"),
    ("Rating", "n"),
    ("Through the day", "bar"),
)


def species(material: Material) -> Section:
    if not material.catalog.species:
        unlabelled = plural(len(material.recordings), "recording")
        return Section(
            "species", "Species", f'<p class="gap">Nobody said who calls in these {unlabelled}.</p>'
        )
    title = material.noun[1].capitalize()
    rows = _rows(material)
    unheard = [row["label"] for row in rows if not row["recordings"]]
    note = ""
    if unheard:
        names = ", ".join(material.name(code) for code in unheard[:12])
        more = f" and {len(unheard) - 12} more" if len(unheard) > 12 else ""
        note = f'<p class="gap">In the list, but in no recording: {escape(names + more)}.</p>'
    return Section("species", title, _classes(material) + note + _table(material, rows))


def _classes(material: Material) -> str:
    found = material.heard.drop_nulls("class_name").group_by("class_name", "part").len()
    counts = {(name, part): number for name, part, number in found.iter_rows()}
    of_class = {
        name: sum(counts.get((name, part), 0) for part in material.parts) for name in material.classes
    }
    most = max(of_class.values(), default=0) or 1
    kinds = {name: sum(s.class_name == name for s in material.catalog.species) for name in material.classes}
    lines = [
        line(
            name or "all of them",
            stacked([(counts.get((name, part), 0), part) for part in material.parts], most, 22),
            f"{count(of_class[name])} · {plural(kinds[name], *material.noun)}",
        )
        for name in material.classes
    ]
    alt = "Recordings by class. " + " ".join(
        f"{name or 'No class'}: {plural(of_class[name], 'recording')}." for name in material.classes
    )
    about = "Recordings by who is heard in them, and by what they are for. " + _tail(material)
    title = "Classes" if len(material.classes) > 1 else "What they are for"
    return figure(title, plot(lines, alt), about=about, key=key((part, part) for part in material.parts))


def _tail(material: Material) -> str:
    """How evenly the recordings are spread."""
    counts = (
        material.heard.drop_nulls("label")["label"].value_counts().sort("count", descending=True)["count"]
    )
    if len(counts) < FEW:
        return ""
    half = int((counts.cum_sum() < counts.sum() / 2).sum()) + 1
    rare = int((counts < RARE).sum())
    said = f"Half of all recordings are of {plural(half, *material.noun)}"
    return said + (f"; {count(rare)} have fewer than {RARE}." if rare else ".")


def _rows(material: Material) -> list[Mapping[str, Any]]:
    """One a species, the most recorded first."""
    heard = material.heard.drop_nulls("label")
    behind = material.recordings.select(label=pl.col("secondary_labels").explode()).drop_nulls()
    hour = pl.col("recorded_at").dt.hour()
    found = heard.group_by("label").agg(
        recordings=pl.len(),
        seconds=pl.col("duration").sum(),
        groups=pl.col("group").n_unique(),
        quality=pl.col("quality").median(),
        **{f"in {part}": (pl.col("part") == part).sum() for part in material.parts},
        **{f"at {h}": (hour == h).sum() for h in range(24)},
    )
    every = pl.DataFrame({"label": list(material.species)}, schema={"label": pl.String})
    counts = [name for name, kind in found.schema.items() if kind.is_integer()]
    return list(
        every.join(found, on="label", how="left")
        .join(behind.group_by("label").agg(behind=pl.len()), on="label", how="left")
        .with_columns(pl.col("behind", "seconds", *counts).fill_null(0))
        .sort(["recordings", "label"], descending=[True, False])
        .iter_rows(named=True)
    )


def _table(material: Material, rows: list[Mapping[str, Any]]) -> str:
    search = (
        '<div class="tools" hidden><label>Find <input type="search" id="find" autocomplete="off" '
        'placeholder="a name, a class, a code"></label><span id="found" role="status"></span>'
        '<button type="button" id="all" hidden>Show all</button></div>'
    )
    heads = [(material.noun[0].capitalize(), ""), *COLUMNS]
    kind = "sortable" if len(material.classes) > 1 else "sortable one-class"
    return search + table("The headings sort.", heads, (_row(material, row) for row in rows), kind)


def _row(material: Material, row: Mapping[str, Any]) -> list[Cell]:
    known = material.species[row["label"]]
    name = escape(material.name(known.code))
    if row["recordings"]:
        name = f'<a href="#{anchor(material, known.code)}">{name}</a>'
    dot = f'<i class="dot {material.colour(known.class_name)}" aria-hidden="true"></i>'
    hours = [row[f"at {hour}"] for hour in range(24)]
    parts = [(row[f"in {part}"], part) for part in material.parts]
    said = ", ".join(f"{part} {number}" for number, part in parts if number)
    busiest = max(range(24), key=lambda hour: hours[hour])
    return [
        (f"{dot}{name}<small><em>{escape(known.scientific_name)}</em> {escape(known.code)}</small>", "who"),
        (escape(known.class_name), "class"),
        (_number(row["recordings"], count(row["recordings"])), "n"),
        (f'<span title="{said}">{stacked(parts, row["recordings"] or 1, 14)}</span>', "bar"),
        (_number(row["seconds"], length(row["seconds"])), "n"),
        (_number(row["behind"], count(row["behind"])), "n"),
        (_number(row["groups"], count(row["groups"])), "n"),
        (NOTHING if row["quality"] is None else _number(row["quality"], f"{row['quality']:.1f}"), "n"),
        (f'<span title="most at {busiest:02d}:00">{spark(hours)}</span>' if any(hours) else NOTHING, "bar"),
    ]


def _number(value: float, words: str) -> str:
    """`value` is what the page sorts by."""
    return f'<data value="{value:g}">{words}</data>' if value else '<data value="0">–</data>'
