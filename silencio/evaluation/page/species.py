"""Species by species, the worst first."""

from collections.abc import Sequence
from html import escape

from silencio.data.report.markup import Section, figure, folded, key
from silencio.evaluation.evaluate import EvaluationResult
from silencio.evaluation.figures import ClassFigure
from silencio.evaluation.page.plots import Bar, bars
from silencio.evaluation.page.slices import CHAMPION
from silencio.evaluation.wording import number, windows

SHOWN = 24
"""More species than these wait behind a click."""


def species(result: EvaluationResult) -> Section:
    known = sorted((c for c in result.classes if c.windows), key=lambda c: (c.average_precision, c.label))
    unseen = [c.label for c in result.classes if not c.windows]
    if not known:
        return Section("species", "Species", "<p>No species calls in these windows.</p>")
    keys = key([("value", "candidate"), *([CHAMPION] if result.has_champion else [])])
    body = figure("Average precision, the worst first", _bars(known[:SHOWN]), key=keys)
    if rest := known[SHOWN:]:
        body += folded(f"{len(rest)} more species", figure("Average precision", _bars(rest), key=keys))
    if unseen:
        body += f'<p class="gap">Not heard in these windows: {escape(", ".join(unseen))}.</p>'
    return Section("species", "Species", body)


def _bars(classes: Sequence[ClassFigure]) -> str:
    rows = [
        Bar(
            c.label,
            f"{number(c.average_precision)} · {windows(c.windows)}",
            c.average_precision,
            c.champion_average_precision,
        )
        for c in classes
    ]
    alt = "Average precision by species. " + " ".join(
        f"{c.label}: {number(c.average_precision)}"
        + (
            "."
            if c.champion_average_precision is None
            else f", champion {number(c.champion_average_precision)}."
        )
        for c in classes
    )
    return bars(rows, alt)
