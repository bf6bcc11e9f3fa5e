"""What cannot be used, and why."""

from collections.abc import Mapping
from html import escape

import polars as pl

from silencio.data.report.drawing import line, plot, stacked
from silencio.data.report.markup import Section, figure, folded, table
from silencio.data.report.material import Material
from silencio.data.report.words import count, percent, plural

MOST_FILES = 300
MOST_REASONS = 12
SHOWN = 8


def left_out(material: Material) -> Section:
    return Section("quarantine", "Quarantine", _quarantined(material) + _filtered(material))


def _quarantined(material: Material) -> str:
    table_of = material.catalog.quarantine
    delivered = len(material.recordings) + len(table_of)
    if table_of.is_empty():
        return (
            '<p class="verdict good"><b>Nothing is quarantined.</b> '
            f"All of {plural(delivered, 'recording')} can be used.</p>"
        )
    lines, alt = _by_reason(dict(table_of["reason"].value_counts().iter_rows()))
    share = percent(len(table_of), delivered)
    about = f"{plural(len(table_of), 'recording')} of {count(delivered)} ({share}) cannot be used."
    return figure("By reason", plot(lines, f"{about} {alt}"), about=about) + figure("Files", _files(table_of))


def _files(table_of: pl.DataFrame) -> str:
    rows = [
        [(escape(uri), "id"), (escape(reason), "")]
        for uri, reason in table_of.sort("reason", "uri").head(MOST_FILES).select("uri", "reason").iter_rows()
    ]
    heads = [("File", ""), ("Why", "")]
    files = table("Files that cannot be used.", heads, rows[:SHOWN])
    if len(rows) > SHOWN:
        files += folded(f"{len(rows) - SHOWN} more files", table("More files.", heads, rows[SHOWN:]))
    more = len(table_of) - MOST_FILES
    if more > 0:
        files += f'<p class="soft">{count(more)} more are in the catalog\'s quarantine.parquet.</p>'
    return files


def _filtered(material: Material) -> str:
    if not material.left_out:
        return ""
    lines, alt = _by_reason(material.left_out)
    number = sum(material.left_out.values())
    about = f"{plural(number, 'row')} of the data set that the experiment does not ask for."
    return figure("Filtered", plot(lines, f"{about} {alt}"), about=about)


def _by_reason(counts: Mapping[str, int]) -> tuple[list[str], str]:
    """The lines of a plot, and its words."""
    found = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = found[:MOST_REASONS]
    if rest := found[MOST_REASONS:]:
        shown.append((f"{len(rest)} other reasons", sum(number for _, number in rest)))
    most = max(number for _, number in shown)
    lines = [line(reason, stacked([(number, "fill")], most), count(number)) for reason, number in shown]
    return lines, " ".join(f"{reason}: {number}." for reason, number in shown)
