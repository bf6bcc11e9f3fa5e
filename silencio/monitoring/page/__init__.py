"""The drift report as one HTML page that loads nothing: whether to train again first, then each test.

Names of recorders and species come from uploads and catalogs: whatever is put into the page is escaped.
"""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from importlib.resources import files

from silencio.data.report.look import Page
from silencio.data.report.markup import Section, table
from silencio.evaluation.page import verdict_style
from silencio.monitoring.drift import Drift, Pace
from silencio.monitoring.judges import Aspect
from silencio.monitoring.page.changed import changed
from silencio.monitoring.page.course import course
from silencio.monitoring.reasons import Reason
from silencio.monitoring.reference import Reference
from silencio.monitoring.words import TITLES

YES, NO = "Train again", "The champion stays"


def render(
    drift: Drift | None,
    reference: Reference | None,
    reasons: Sequence[Reason],
    at: datetime,
    unknown: str | None = None,
) -> str:
    """`unknown` says why there is no drift to tell of."""
    sections = [_reasons(reasons)]
    if drift is not None and reference is not None:
        sections += [_test(test, drift, reference) for test in Aspect]
    own = (files("silencio.monitoring.page") / "templates/style.css").read_text("utf-8")
    return Page(
        kind="drift report",
        title=YES if reasons else NO,
        headline=_answer(drift, reasons, unknown),
        tiles=_tiles(drift),
        sections=sections,
        goal="reasons",
        ending=f"Looked at on {at:%Y-%m-%d %H:%M %Z}. This page asks no other computer for anything.",
        style=verdict_style() + own,
    ).html()


def _answer(drift: Drift | None, reasons: Sequence[Reason], unknown: str | None) -> str:
    if drift is None:
        said = f"Of drift nothing is known: {unknown}."
    elif not drift.looks:
        said = "Of drift nothing is known yet: too little was heard."
    else:
        drifted = [TITLES[test].lower() for test in Aspect if any(look.alarm for look in drift.of(test))]
        said = (
            f"Drift: {'; '.join(drifted)}."
            if drifted
            else "What is heard is what the champion knew: no drift."
        )
    listed = "".join(f"<li>{escape(reason.sentence)}</li>" for reason in reasons)
    known = "inconclusive" if drift is None or not drift.looks else "pass"
    return (
        f'<div class="answer {"fail" if reasons else known}"><h1>{YES if reasons else NO}</h1>'
        f"<p>{escape(said)}</p>{f'<ul>{listed}</ul>' if listed else ''}</div>"
    )


def _tiles(drift: Drift | None) -> str:
    if drift is None or not drift.looks:
        return ""
    of_days = [look for look in drift.looks if look.pace is Pace.DAY]
    most = max((look.block for look in of_days), key=lambda block: len(block.observed), default=None)
    heard = {id(one): one for look in drift.looks for one in look.block.observed}
    told = [
        (str(len(drift.alarms)), "alarms"),
        (str(len(drift.looks)), "blocks judged"),
        (str(len(heard)), "recordings in them"),
        (str(len({one.recorder for one in heard.values()})), "recorders"),
        (str(len(most.observed)) if most else "\N{EN DASH}", "recordings on the fullest day"),
    ]
    return "".join(f"<li><b>{value}</b><span>{what}</span></li>" for value, what in told)


def _reasons(reasons: Sequence[Reason]) -> Section:
    if not reasons:
        return Section("reasons", "Reasons", "<p>There is none to train again.</p>")
    rows = [[(escape(r.why.value), "name"), (escape(r.sentence), "why")] for r in reasons]
    return Section("reasons", "Reasons", table("Reasons to train again.", [("Kind", ""), ("Why", "")], rows))


def _test(test: Aspect, drift: Drift, reference: Reference) -> Section:
    looks = drift.of(test)
    if not looks:
        return Section(test.value, TITLES[test], f"<p>Not judged: {escape(drift.not_asked[test])}.</p>")
    return Section(test.value, TITLES[test], course(test, looks) + changed(test, looks, reference))
