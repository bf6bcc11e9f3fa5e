"""From which probability on a species counts as heard, and what that lets through and catches."""

from collections.abc import Sequence
from html import escape
from math import isfinite

from silencio.data.report.drawing import spread
from silencio.data.report.markup import Cell, Section, folded, table
from silencio.evaluation.evaluate import EvaluationResult
from silencio.evaluation.operation import Operation
from silencio.evaluation.page.plots import UNIT
from silencio.evaluation.page.species import SHOWN
from silencio.evaluation.wording import SET_ON, interval, mean_of, number, percent

HEADS: Sequence[Cell] = (
    ("Species", ""),
    ("Threshold", "n"),
    ("0 to 1", "bar"),
    ("Interval", "n"),
    ("Own", "n"),
    ("Calls there", "n"),
    ("Calls here", "n"),
    ("False alarms", "n"),
    ("Caught", "n"),
)


def thresholds(result: EvaluationResult) -> Section | None:
    if not result.operation:
        return None
    # What lets most through comes first, and what nobody can tell last.
    order = sorted(
        result.operation,
        key=lambda o: (-o.false_positive_rate if isfinite(o.false_positive_rate) else 1.0, o.label),
    )
    rates, caught = mean_of(o.false_positive_rate for o in order), mean_of(o.recall for o in order)
    promised = mean_of(o.expected_rate for o in order)
    body = (
        f"<p>{escape(SET_ON[result.set_on])} Of the windows without a species, {percent(rates)} are taken for it here, "
        f"and {percent(promised)} where thresholds were set; of its calls, {percent(caught)} are caught: means over "
        'species.</p><p class="soft">Own is what a species\' own windows say; the fewer its calls, the more the '
        "threshold is drawn up from there to those of its class. There is where thresholds were set, here is the test "
        "part.</p>"
    )
    body += table("Thresholds, most false alarms first.", HEADS, [_row(o) for o in order[:SHOWN]])
    if rest := order[SHOWN:]:
        body += folded(f"{len(rest)} more species", table("More thresholds.", HEADS, [_row(o) for o in rest]))
    return Section("thresholds", "Thresholds", body)


def _row(o: Operation) -> list[Cell]:
    e = o.threshold
    drawn = spread(*(UNIT.share(v) for v in (e.low, e.value, e.high))) if e.has_interval else ""
    return [
        (escape(o.label), "name"),
        (_said(e.value), "n"),
        (drawn, "bar"),
        (interval(e.low, e.high), "n"),
        (_said(o.own), "n"),
        (str(o.calls), "n"),
        (str(o.windows), "n"),
        (percent(o.false_positive_rate), "n"),
        (percent(o.recall), "n"),
    ]


def _said(value: float) -> str:
    if value > 1:
        return "never"
    return "&lt;0.001" if 0 < value < 0.0005 else number(value)
