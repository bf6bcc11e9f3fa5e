"""The report as one HTML page that loads nothing: the verdict first, then what it rests on.

Names of recordings and species come from uploads and catalogs: whatever is put into the page is escaped.
"""

from collections.abc import Sequence
from html import escape
from importlib.resources import files

from silencio.data.report.excerpt import Excerpt
from silencio.data.report.look import Page
from silencio.data.report.markup import Section, table
from silencio.evaluation.page.behaviour import behaviour
from silencio.evaluation.page.calibration import calibration
from silencio.evaluation.page.conditions import conditions
from silencio.evaluation.page.confusion import confusion
from silencio.evaluation.page.mistakes import mistakes
from silencio.evaluation.page.search import search
from silencio.evaluation.page.slices import slices
from silencio.evaluation.page.species import species
from silencio.evaluation.page.thresholds import thresholds
from silencio.evaluation.page.verdict import answer, gates, tiles
from silencio.evaluation.record import Report
from silencio.evaluation.wording import ANSWERS, lines_of


def render(report: Report, heard: Sequence[Excerpt] = ()) -> str:
    """`heard` are the sounds of the report's mistakes, one each, or none at all."""
    result = report.result
    found = [
        gates(result),
        slices(result),
        conditions(result),
        behaviour(result),
        species(result),
        thresholds(result),
        confusion(result),
        calibration(result),
        mistakes(report.mistakes, heard),
        search(report.search),
        _identity(report),
    ]
    return Page(
        kind="evaluation report",
        title=ANSWERS[result.decision],
        headline=answer(result),
        tiles=tiles(result),
        sections=[section for section in found if section is not None],
        goal="gates",
        ending="Equal models on equal data give this very page. It asks no other computer for anything.",
        style=verdict_style(),
    ).html()


def verdict_style() -> str:
    """Of pages that begin with an answer."""
    return (files("silencio.evaluation.page") / "templates/style.css").read_text("utf-8")


def _identity(report: Report) -> Section:
    rows = [[(escape(what), "name"), (escape(which), "id")] for what, which in lines_of(report.identity)]
    body = table("Data, code and machine.", [("What", ""), ("Which", "")], rows)
    return Section("identity", "What was judged", body)
