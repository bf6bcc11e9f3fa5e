"""Who is trained on and who judges, and whether anything is heard on both sides."""

from html import escape

import polars as pl

from silencio.data.report.drawing import line, plot, stacked
from silencio.data.report.markup import Section, figure, folded, table
from silencio.data.report.material import Material
from silencio.data.report.words import count, length, percent, plural

MOST_GROUPS = 200
MOST_PAIRS = 50
SHOWN = 10


def division(material: Material) -> Section:
    if material.recordings.is_empty():
        return Section("parts", "Training and judging", "<p>There is no recording.</p>")
    body = _verdict(material) + _parts(material) + _groups(material) + _folds(material) + _alike(material)
    return Section("parts", "Training and judging", body)


def _verdict(material: Material) -> str:
    if material.parts == ("unlabelled",):
        return "<p>Nothing here is trained or judged on: nobody said who calls.</p>"
    across = len(_pairs(material).filter(pl.col("part") != pl.col("other_part")))
    shared = material.recordings.group_by("group").agg(n=pl.col("part").n_unique()).filter(pl.col("n") > 1)
    if not across and shared.is_empty():
        return (
            '<p class="verdict good"><b>No leak found.</b> No group is in two parts, and no two recordings '
            "that sound the same are either.</p>"
        )
    return (
        f'<p class="verdict bad"><b>It leaks.</b> {plural(len(shared), "group")} in two parts, and '
        f"{plural(across, 'pair')} of recordings that sound the same: what is judged on was partly learned from.</p>"
    )


def _parts(material: Material) -> str:
    found = material.recordings.group_by("part").agg(
        recordings=pl.len(), seconds=pl.col("duration").sum(), groups=pl.col("group").n_unique()
    )
    kinds = dict(
        material.heard.drop_nulls("label").group_by("part").agg(pl.col("label").n_unique()).iter_rows()
    )
    of = {row["part"]: row for row in found.iter_rows(named=True)}
    whole = len(material.recordings)
    most = max(row["recordings"] for row in of.values())
    lines = [
        line(
            part,
            stacked([(of[part]["recordings"], part)], most, 22),
            f"{count(of[part]['recordings'])} · {percent(of[part]['recordings'], whole)}",
        )
        for part in material.parts
    ]
    said = [
        f"{part}: {length(of[part]['seconds'])}, {plural(of[part]['groups'], 'group')}, "
        f"{plural(kinds.get(part, 0), *material.noun)}"
        for part in material.parts
    ]
    about = "; ".join(said) + "."
    return figure("Parts", plot(lines, f"Recordings by part. {about}"), about=about)


def _groups(material: Material) -> str:
    found = (
        material.recordings.group_by("group", "part")
        .agg(n=pl.len(), seconds=pl.col("duration").sum(), recordist=pl.col("recordist").drop_nulls().first())
        .sort(["n", "group"], descending=[True, False])
    )
    kinds = material.heard.drop_nulls("label").group_by("group").agg(kinds=pl.col("label").n_unique())
    table_of = found.join(kinds, on="group", how="left", maintain_order="left")
    rows = [
        [
            (escape(row["group"]), "id"),
            (f'<i class="dot {row["part"]}" aria-hidden="true"></i>{escape(row["part"])}', "name"),
            (count(row["n"]), "n"),
            (length(row["seconds"]), "n"),
            (count(row["kinds"] or 0), "n"),
        ]
        for row in table_of.head(MOST_GROUPS).iter_rows(named=True)
    ]
    heads = [
        ("Group", ""),
        ("Part", ""),
        ("Recordings", "n"),
        ("Sound", "n"),
        (material.noun[1].capitalize(), "n"),
    ]
    body = table("The largest groups.", heads, rows[:SHOWN])
    if len(rows) > SHOWN:
        body += folded(f"{len(rows) - SHOWN} more groups", table("More groups.", heads, rows[SHOWN:]))
    about = "A group is never in two parts: whoever trained the model does not judge it."
    if len(found) > MOST_GROUPS:
        about += f" The {MOST_GROUPS} largest of {count(len(found))} are listed."
    return figure("Groups", body, about=about)


def _folds(material: Material) -> str:
    folds = material.recordings.drop_nulls("fold")
    if folds.is_empty():
        return ""
    found = folds.group_by("fold", "part").len().sort("fold")
    by_fold: dict[int, dict[str, int]] = {}
    for fold, part, number in found.iter_rows():
        by_fold.setdefault(fold, {})[part] = number
    most = max(sum(numbers.values()) for numbers in by_fold.values())
    lines = [
        line(
            f"fold {fold}",
            stacked([(numbers.get(p, 0), p) for p in material.parts], most),
            count(sum(numbers.values())),
        )
        for fold, numbers in by_fold.items()
    ]
    return figure("Folds", plot(lines, "Recordings by fold."))


def _pairs(material: Material) -> pl.DataFrame:
    """As DUPLICATES, with the part and the group of both."""
    parts = material.recordings.select("id", "part", "group")
    return (
        material.catalog.duplicates.join(parts, left_on="recording", right_on="id", how="left")
        .join(
            parts.rename({"part": "other_part", "group": "other_group"}),
            left_on="other",
            right_on="id",
            how="left",
        )
        .sort(["similarity", "recording", "other"], descending=[True, False, False])
    )


def _alike(material: Material) -> str:
    pairs = _pairs(material)
    if pairs.is_empty():
        return figure("Near-duplicates", "<p>No two recordings sound the same.</p>")
    rows = [
        [
            (escape(row["recording"]), "id"),
            (escape(row["other"]), "id"),
            (f"{row['similarity']:.3f}", "n"),
            (
                row["part"]
                if row["part"] == row["other_part"]
                else f"<b>{row['part']} / {row['other_part']}</b>",
                "name",
            ),
        ]
        for row in pairs.head(MOST_PAIRS).iter_rows(named=True)
    ]
    heads = [("Recording", ""), ("sounds like", ""), ("Similarity", "n"), ("Parts", "")]
    body = table("Recordings that sound the same.", heads, rows[:SHOWN])
    if len(rows) > SHOWN:
        body += folded(f"{len(rows) - SHOWN} more pairs", table("More pairs.", heads, rows[SHOWN:]))
    strangers = len(pairs.filter(pl.col("group") != pl.col("other_group")))
    about = (
        f"{plural(len(pairs), 'pair')} of recordings that sound the same, {count(strangers)} across groups."
    )
    if len(pairs) > MOST_PAIRS:
        about += f" The {MOST_PAIRS} most alike are listed."
    return figure("Near-duplicates", body, about=about)
