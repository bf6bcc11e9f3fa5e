"""The report in short, for a comment at a commit."""

from collections.abc import Iterable
from math import isfinite

from silencio.data.report.words import rounded
from silencio.evaluation.evaluate import EvaluationResult
from silencio.evaluation.gates import GateResult, Verdict
from silencio.evaluation.record import Report
from silencio.evaluation.slices import title_of
from silencio.evaluation.wording import (
    ANSWERS,
    MARKS,
    NOTHING,
    SET_ON,
    because,
    culprits,
    gate_title,
    interval,
    lines_of,
    lost,
    mean_of,
    met,
    number,
    percent,
    signed,
)


def summary_markdown(report: Report) -> str:
    result = report.result
    lines = [f"## {ANSWERS[result.decision]}", "", because(result), ""]
    lines += [*(f"- {_plain(reason)}" for reason in culprits(result)), ""]
    lines += _gates(result)
    lines += ["", "### mAP by slice", "", *_slices(result), "", *_in_short(report), ""]
    lines += ["<details><summary>What was judged</summary>", ""]
    lines += [f"- {_plain(what)}: `{_code(which)}`" for what, which in lines_of(report.identity)]
    return "\n".join([*lines, "", "</details>", ""])


def _gates(result: EvaluationResult) -> list[str]:
    """Those that pass are behind a click: they stand in nobody's way."""
    standing = [g for g in result.gates if g.verdict is not Verdict.PASS]
    passing = [g for g in result.gates if g.verdict is Verdict.PASS]
    heads = ["Verdict", "Gate", "Slice", "Why"]

    def rows(gates: Iterable[GateResult]) -> list[list[str]]:
        return [[MARKS[g.verdict], gate_title(g.name, result), title_of(g.slice), g.reason] for g in gates]

    lines = _table(heads, rows(standing)) if standing else []
    if passing:
        count = f"{len(passing)} gate{'' if len(passing) == 1 else 's'} passed"
        lines += [
            "",
            f"<details><summary>{count}</summary>",
            "",
            *_table(heads, rows(passing)),
            "",
            "</details>",
        ]
    lines += [
        _plain(f"- not applied: {title_of(rule.slice)}, {gate_title(rule.name, result)}. {rule.reason}")
        for rule in result.not_applied
    ]
    return lines


def _slices(result: EvaluationResult) -> list[str]:
    """Those that gates rest on."""
    heads = ["Slice", "Windows", "Candidate", "95 % interval"]
    heads += ["Champion", "Difference", "Interval"] if result.has_champion else []
    rows = []
    for f in result.figures:
        if f.metric != "map" or not f.gated:
            continue
        row = [title_of(f.slice), str(f.windows), number(f.candidate.value)]
        row += [interval(f.candidate.low, f.candidate.high)]
        if f.champion is not None and f.difference is not None:
            row += [number(f.champion.value), signed(f.difference.value)]
            row += [interval(f.difference.low, f.difference.high, sign=True)]
        rows.append(row)
    return _table(heads, rows)


def _in_short(report: Report) -> list[str]:
    """Behaviour that misses its bar, the condition that costs most, what thresholds do, what the search chose."""
    result, lines = report.result, []
    for one in result.behaviour:
        if met(one) in (Verdict.FAIL, Verdict.INCONCLUSIVE) and one.bar is not None:
            said = NOTHING if not isfinite(one.value.value) else rounded(one.value.value)
            asked = f"{'at least' if one.at_least else 'at most'} {rounded(one.bar)}"
            lines.append(f"**{_plain(one.title)}**: {said}, where {asked} is asked.")
    costs = [(worst, curve) for curve in result.curves if (worst := lost(curve)) is not None]
    if costs:
        (point, loss), curve = max(costs, key=lambda cost: cost[0][1])
        told = f"{point.name} ({curve.unit}), mAP {number(point.candidate.value)}, {signed(-loss)}"
        lines.append(f"**Hardest**: {_plain(f'{curve.title}, {told}')}.")
    if result.operation:
        rates = mean_of(o.false_positive_rate for o in result.operation)
        caught = mean_of(o.recall for o in result.operation)
        lines.append(
            f"**Thresholds**: {percent(rates)} of windows without a species are taken for it, and {percent(caught)} of "
            f"its calls caught, in the mean. {SET_ON[result.set_on]}"
        )
    if report.search is not None:
        lines.append(f"**Search**: {_plain(report.search.chosen_because)}")
    return [f"- {line}" for line in lines]


def _table(heads: list[str], rows: list[list[str]]) -> list[str]:
    return [
        "| " + " | ".join(heads) + " |",
        "|" + " --- |" * len(heads),
        *("| " + " | ".join(_plain(cell) for cell in row) + " |" for row in rows),
    ]


def _plain(text: str) -> str:
    """Names come from elsewhere: none of them may end a cell or a line, open a tag, or be a link or a picture."""
    flat = _code(text)
    for sign in "|[]*_@#":
        flat = flat.replace(sign, f"\\{sign}")
    return flat


def _code(text: str) -> str:
    """What stands between backticks is taken as it is, but for a backtick and, by careless readers, a tag."""
    return " ".join(text.split()).replace("`", "'").replace("<", "&lt;")
