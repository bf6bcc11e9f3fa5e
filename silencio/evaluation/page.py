"""The report as one HTML page that loads nothing: the verdict first, then what it rests on.

Names of recordings and species come from uploads and catalogs: whatever is put into the page is escaped.
"""

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from string import Template

from silencio.evaluation.bootstrap import Estimate
from silencio.evaluation.evaluate import EvaluationResult
from silencio.evaluation.figures import ClassFigure, Figure
from silencio.evaluation.gates import GateResult
from silencio.evaluation.plots import UNIT, Bar, Mark, Row, axis_around, bars, dots_and_intervals
from silencio.evaluation.record import Report
from silencio.evaluation.slices import SLICES, title_of
from silencio.evaluation.wording import (
    ANSWERS,
    MARKS,
    METRIC_TITLES,
    because,
    culprits,
    gate_title,
    interval,
    lines_of,
    number,
    signed,
    windows,
)
from silencio.evaluation.worst import Mistake

SHOWN_CLASSES = 24
"""More species than these wait behind a click: the worst come first."""

Cell = tuple[str, str]
"""HTML, and the class of its cell."""


def render(report: Report) -> str:
    result = report.result
    template = Template((files("silencio.evaluation") / "templates/report.html").read_text("utf-8"))
    return template.substitute(
        answer=escape(ANSWERS[result.decision]),
        decision=result.decision.value,
        because=escape(because(result)),
        culprits=_list(culprits(result)),
        measured_on=escape(_measured_on(result)),
        gates=_gates(result.gates),
        not_applied=_not_applied(result),
        slices=_slices(result),
        classes=_classes(result),
        mistakes=_mistakes(report.mistakes),
        identity=_table("Data, code and machine.", [], [[(k, ""), (v, "id")] for k, v in _escaped(report)]),
    )


def _measured_on(result: EvaluationResult) -> str:
    overall = result.figure()
    differences = "; those of the differences are wide enough to hold for all slices together"
    return (
        f"Measured on {overall.windows} windows of {overall.recordings} recordings, "
        f"{overall.classes} of {len(result.classes)} species among them. "
        "Intervals resample whole recordings: 95 % for a single figure"
        f"{differences if result.has_champion else ''}."
    )


def _gates(gates: Sequence[GateResult]) -> str:
    rows = [
        [
            (escape(gate_title(gate.name)), ""),
            (f'<span class="pill {gate.verdict.value}">{MARKS[gate.verdict]}</span>', ""),
            (escape(title_of(gate.slice)), ""),
            (number(gate.value) if gate.threshold > 0 else signed(gate.value), "n"),
            (number(gate.threshold) if gate.threshold > 0 else signed(gate.threshold), "n"),
            (interval(gate.low, gate.high, sign=gate.threshold <= 0), "n"),
            (escape(gate.reason), "why"),
        ]
        for gate in gates
    ]
    heads = [("Gate", ""), ("Verdict", ""), ("Slice", ""), ("Value", "n"), ("Bar", "n"), ("Interval", "n")]
    caption = "Every gate must pass. Not worse: the interval of the difference does not lie below zero."
    return _table(caption, [*heads, ("Why", "")], rows)


def _not_applied(result: EvaluationResult) -> str:
    if not result.not_applied:
        return ""
    rules = [f"{title_of(rule.slice)}, {gate_title(rule.name)}: {rule.reason}" for rule in result.not_applied]
    return f"<h3>Not applied</h3>{_list(rules)}"


def _slices(result: EvaluationResult) -> str:
    figures = [f for f in result.figures if f.metric == "map"]
    plots = [_figure_of_values(figures)]
    if result.has_champion:
        plots.append(_figure_of_differences(figures))
    about = "".join(
        f"<dt>{escape(SLICES[f.slice].title)}</dt><dd>{escape(SLICES[f.slice].about)}</dd>"
        for f in figures
        if f.slice in SLICES
    )
    return "\n".join([*plots, f"<dl>{about}</dl>", "<h3>All figures</h3>", _slice_table(result)])


def _figure_of_values(figures: Sequence[Figure]) -> str:
    rows = [
        Row(
            title_of(f.slice),
            f"{number(f.candidate.value)} · {windows(f.windows)}",
            tuple(_marks([(f.candidate, "candidate"), (f.champion, "champion")])),
        )
        for f in figures
    ]
    alt = "Macro mAP with its interval. " + " ".join(
        f"{title_of(f.slice)}: candidate {_spoken(f.candidate)}"
        + (f", champion {_spoken(f.champion)}." if f.champion else ".")
        for f in figures
    )
    compared = any(f.champion for f in figures)
    key = '<span class="key candidate">● candidate</span>'
    key += ' <span class="key champion">○ champion</span>' if compared else ""
    return _figure(f"Macro mAP, 95 % interval: {key}", dots_and_intervals(rows, UNIT, alt))


def _figure_of_differences(figures: Sequence[Figure]) -> str:
    known = [(f, f.difference) for f in figures if f.difference is not None]
    axis = axis_around([v for _, e in known for v in (e.value, e.low, e.high)])
    rows = [Row(title_of(f.slice), signed(e.value), (Mark(e, "candidate"),)) for f, e in known]
    alt = "Difference in macro mAP, candidate minus champion. " + " ".join(
        f"{title_of(f.slice)}: {signed(e.value)}, {interval(e.low, e.high, sign=True)}." for f, e in known
    )
    caption = "Candidate minus champion on the same recordings: left of zero is worse"
    return _figure(caption, dots_and_intervals(rows, axis, alt, zero=True))


def _slice_table(result: EvaluationResult) -> str:
    heads = [("Slice", ""), ("Metric", ""), ("Windows", "n"), ("Recordings", "n"), ("Species", "n")]
    heads += [("Candidate", "n")]
    heads += [("Champion", "n"), ("Difference", "n")] if result.has_champion else []
    rows = []
    for f in result.figures:
        row = [(escape(title_of(f.slice)), ""), (METRIC_TITLES[f.metric], "name")]
        row += [(str(count), "n") for count in (f.windows, f.recordings, f.classes)]
        row += [_with_interval(f.candidate)]
        if f.champion is not None and f.difference is not None:
            row += [_with_interval(f.champion), _with_interval(f.difference, sign=True)]
        rows.append(row)
    return _table("Below each figure its interval. A dash: nothing that could be measured.", heads, rows)


def _with_interval(e: Estimate, *, sign: bool = False) -> Cell:
    value = signed(e.value) if sign else number(e.value)
    return f"{value}<br><small>{interval(e.low, e.high, sign=sign)}</small>", "n"


def _classes(result: EvaluationResult) -> str:
    known = sorted((c for c in result.classes if c.windows), key=lambda c: (c.average_precision, c.label))
    unseen = [c.label for c in result.classes if not c.windows]
    if not known:
        return "<p>No species calls in these windows.</p>"
    tick = ' <span class="key champion">| champion</span>' if result.has_champion else ""
    caption = f'Average precision, worst first: <span class="key candidate">■ candidate</span>{tick}'
    parts = [_figure(caption, _class_bars(known[:SHOWN_CLASSES]))]
    if len(known) > SHOWN_CLASSES:
        rest = known[SHOWN_CLASSES:]
        parts.append(
            f"<details><summary>{len(rest)} more species</summary>{_figure('', _class_bars(rest))}</details>"
        )
    if unseen:
        parts.append(f'<p class="soft">Not heard in these windows: {escape(", ".join(unseen))}.</p>')
    return "\n".join(parts)


def _class_bars(classes: Sequence[ClassFigure]) -> str:
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


def _mistakes(mistakes: Sequence[Mistake]) -> str:
    if not mistakes:
        return "<p>No false alarm above one half, and no call below it.</p>"
    heads = [("Mistake", ""), ("Species", ""), ("Probability", "n"), ("Recording", ""), ("From", "n")]
    rows = [
        [
            (m.kind, ""),
            (escape(m.label), ""),
            (number(m.probability), "n"),
            (escape(m.recording), "id"),
            (f"{m.start:g} s", "n"),
            (escape(", ".join(m.truth)) or "silence", ""),
        ]
        for m in mistakes
    ]
    return _table("The most confident false alarms and misses.", [*heads, ("What calls there", "")], rows)


def _table(caption: str, heads: Sequence[Cell], rows: Iterable[Sequence[Cell]]) -> str:
    """The first cell of a row names it. A wide table scrolls by itself, also with the keyboard."""
    head = "".join(f'<th scope="col" class="{kind}">{text}</th>' for text, kind in heads)
    body = "\n".join(
        "<tr>"
        + f'<th scope="row" class="{row[0][1]}">{row[0][0]}</th>'
        + "".join(f'<td class="{kind}">{text}</td>' for text, kind in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f'<p class="soft">{escape(caption)}</p>'
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        + (f"<thead><tr>{head}</tr></thead>" if heads else "")
        + f"<tbody>\n{body}\n</tbody></table></div>"
    )


def _list(items: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>" if items else ""


def _figure(caption: str, plot: str) -> str:
    return f"<figure>{f'<figcaption>{caption}</figcaption>' if caption else ''}{plot}</figure>"


def _marks(pairs: Iterable[tuple[Estimate | None, str]]) -> Iterable[Mark]:
    return (Mark(e, kind) for e, kind in pairs if e is not None)


def _spoken(e: Estimate) -> str:
    return number(e.value) if not e.has_interval else f"{number(e.value)}, {interval(e.low, e.high)}"


def _escaped(report: Report) -> Iterable[tuple[str, str]]:
    return ((escape(what), escape(which)) for what, which in lines_of(report.identity))
