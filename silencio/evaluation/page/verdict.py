"""Whether to promote, why not, and every gate that was asked."""

from collections.abc import Sequence
from html import escape

from silencio.data.report.markup import Cell, Section, folded, table
from silencio.evaluation.evaluate import EvaluationResult
from silencio.evaluation.gates import GateResult, Verdict
from silencio.evaluation.slices import title_of
from silencio.evaluation.wording import (
    ANSWERS,
    MARKS,
    because,
    culprits,
    gate_title,
    interval,
    number,
    signed,
)

AT_ONCE = 5
"""Reasons at the head of the page; the gates below have all of them."""
PASSING = 8
"""More gates that pass wait behind a click: they stand in nobody's way."""
HEADS: Sequence[Cell] = (
    ("Gate", ""),
    ("Verdict", ""),
    ("Slice", ""),
    ("Value", "n"),
    ("Bar", "n"),
    ("Interval", "n"),
    ("Why", ""),
)


def answer(result: EvaluationResult) -> str:
    reasons = culprits(result)
    more = len(reasons) - AT_ONCE
    listed = [escape(reason) for reason in reasons[:AT_ONCE]]
    if more > 0:
        listed.append(f'<a href="#gates">and {more} more</a>')
    why = f"<ul>{''.join(f'<li>{reason}</li>' for reason in listed)}</ul>" if listed else ""
    return (
        f'<div class="answer {result.decision.value}"><h1>{escape(ANSWERS[result.decision])}</h1>'
        f"<p>{escape(because(result))}</p>{why}</div>"
    )


def tiles(result: EvaluationResult) -> str:
    overall, passed = result.figure(), sum(gate.verdict is Verdict.PASS for gate in result.gates)
    e, difference = overall.candidate, overall.difference
    told = [(number(e.value), f"mAP, {interval(e.low, e.high)}" if e.has_interval else "mAP")]
    if difference is not None:
        told.append((signed(difference.value), "mAP against the champion"))
    told += [
        (f"{passed} of {len(result.gates)}", "gates pass"),
        (str(overall.windows), f"windows of {overall.recordings} recordings"),
        (f"{overall.classes} of {len(result.classes)}", "species call in them"),
    ]
    return "".join(f"<li><b>{escape(value)}</b><span>{escape(what)}</span></li>" for value, what in told)


def gates(result: EvaluationResult) -> Section:
    standing = [gate for gate in result.gates if gate.verdict is not Verdict.PASS]
    passing = [gate for gate in result.gates if gate.verdict is Verdict.PASS]
    first = sorted(standing, key=lambda gate: gate.verdict is not Verdict.FAIL)
    said = "Every gate must pass. Not worse: the interval of the difference does not lie below zero."
    body = f'<p class="soft">{said}</p>'
    if len(passing) <= PASSING:
        first, passing = first + passing, []
    if first:
        body += table("Gates.", HEADS, [_row(gate, result) for gate in first])
    if passing:
        rows = [_row(gate, result) for gate in passing]
        body += folded(f"{len(passing)} gates that pass", table("Gates that pass.", HEADS, rows))
    if not result.gates:
        body += "<p>No gate applies.</p>"
    if result.not_applied:
        rules = [
            f"<li>{escape(f'{title_of(rule.slice)}, {gate_title(rule.name, result)}: {rule.reason}')}</li>"
            for rule in result.not_applied
        ]
        body += f"<h3>Not applied</h3><ul>{''.join(rules)}</ul>"
    return Section("gates", "Gates", body)


def _row(gate: GateResult, result: EvaluationResult) -> list[Cell]:
    # A difference has a sign, and its bar is zero or below; every other bar is above.
    say = number if gate.threshold > 0 else signed
    return [
        (escape(gate_title(gate.name, result)), ""),
        (f'<span class="pill {gate.verdict.value}">{MARKS[gate.verdict]}</span>', ""),
        (escape(title_of(gate.slice)), ""),
        (say(gate.value), "n"),
        (say(gate.threshold), "n"),
        (interval(gate.low, gate.high, sign=gate.threshold <= 0), "n"),
        (escape(gate.reason), "why"),
    ]
