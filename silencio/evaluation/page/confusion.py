"""Which species is taken for which."""

from collections.abc import Sequence
from html import escape

import numpy as np

from silencio.data.report.markup import Cell, Section, figure, table
from silencio.data.report.png import address
from silencio.data.report.words import percent, plural
from silencio.evaluation.accuracy import Confusion
from silencio.evaluation.evaluate import EvaluationResult
from silencio.evaluation.wording import confused

LEGIBLE = 20
"""Species of which every cell can be read; more are a picture, and the pairs in words."""
PAIRS = 12


def confusion(result: EvaluationResult) -> Section | None:
    counts = result.confusion
    if counts is None or not counts.any():
        return None
    asked = int(counts.sum())
    about = (
        f"The likeliest species of {plural(asked, 'recording')} in which one species calls alone: "
        f"right in {int(counts.trace())}."
    )
    labels = [c.label for c in result.classes]
    drawing = _cells(counts, labels) if len(counts) <= LEGIBLE else _picture(counts)
    pairs = confused(result)
    said = "".join(
        f"<li>{escape(a)} for {escape(b)}: {wrong} of {of} ({percent(wrong, of)})</li>"
        for a, b, wrong, of in pairs[:PAIRS]
    )
    often = (
        f'<h3>Most often mistaken</h3><ol class="often">{said}</ol>'
        if said
        else "<p>None is ever mistaken.</p>"
    )
    return Section("confusion", "Confusion", figure("Taken for", drawing, about=about) + often)


def _cells(counts: Confusion, labels: Sequence[str]) -> str:
    heads: list[Cell] = [("calls, taken for", "")]
    heads += [(f"<span>{escape(label)}</span>", "up") for label in labels]
    most = counts.sum(axis=1)
    rows = [
        [
            (escape(label), "name"),
            *(_cell(int(n), int(most[k]), place == k) for place, n in enumerate(counts[k])),
        ]
        for k, label in enumerate(labels)
    ]
    return table("Species by row, and what they were taken for by column.", heads, rows, "company taken")


def _cell(count: int, of: int, right: bool) -> Cell:
    depth = round(100 * count / of) if of else 0
    kind = "heat deep" if depth > 55 else "heat"
    told = f'<span style="--depth:{depth}%">{count}</span>' if count else ""
    return told, f"{kind} {'right' if right else 'wrong'}"


def _picture(counts: Confusion) -> str:
    """Shares of each species' recordings; the root lets a few be told from none."""
    shares = np.sqrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
    alt = (
        f"{len(counts)} species by row, what they were taken for by column, in the order of their codes; "
        "what is right lies on the diagonal."
    )
    return f'<img class="matrix" alt="{escape(alt)}" src="{address(shares)}">'
