"""The report in short, for a comment at a commit."""

from collections.abc import Mapping
from typing import Any

from silencio.evaluation.evaluate import EvaluationResult
from silencio.evaluation.slices import title_of
from silencio.evaluation.wording import (
    ANSWERS,
    MARKS,
    because,
    culprits,
    gate_title,
    interval,
    lines_of,
    number,
    signed,
)


def summary_markdown(result: EvaluationResult, identity: Mapping[str, Any]) -> str:
    lines = [f"## {ANSWERS[result.decision]}", "", because(result), ""]
    lines += [*(f"- {_plain(reason)}" for reason in culprits(result)), ""]
    if result.gates:
        lines += _table(
            ["Verdict", "Gate", "Slice", "Why"],
            [[MARKS[g.verdict], gate_title(g.name), title_of(g.slice), g.reason] for g in result.gates],
        )
    lines += [
        f"- not applied: {title_of(rule.slice)}, {gate_title(rule.name)}. {rule.reason}"
        for rule in result.not_applied
    ]
    lines += ["", "### mAP by slice", "", *_slices(result), ""]
    lines += ["<details><summary>What was judged</summary>", ""]
    lines += [f"- {_plain(what)}: `{_plain(which)}`" for what, which in lines_of(identity)]
    return "\n".join([*lines, "", "</details>", ""])


def _slices(result: EvaluationResult) -> list[str]:
    heads = ["Slice", "Windows", "Candidate", "95 % interval"]
    heads += ["Champion", "Difference", "Interval"] if result.has_champion else []
    rows = []
    for f in result.figures:
        if f.metric != "map":
            continue
        row = [title_of(f.slice), str(f.windows), number(f.candidate.value)]
        row += [interval(f.candidate.low, f.candidate.high)]
        if f.champion is not None and f.difference is not None:
            row += [number(f.champion.value), signed(f.difference.value)]
            row += [interval(f.difference.low, f.difference.high, sign=True)]
        rows.append(row)
    return _table(heads, rows)


def _table(heads: list[str], rows: list[list[str]]) -> list[str]:
    return [
        "| " + " | ".join(heads) + " |",
        "|" + " --- |" * len(heads),
        *("| " + " | ".join(_plain(cell) for cell in row) + " |" for row in rows),
    ]


def _plain(text: str) -> str:
    """Names come from elsewhere: none of them may end a cell or a line, or open a tag."""
    return " ".join(text.split()).replace("|", "\\|").replace("`", "'").replace("<", "&lt;")
