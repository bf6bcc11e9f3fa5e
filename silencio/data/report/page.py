"""The page: headline, sections, and the one script that it runs."""

from collections.abc import Callable
from html import escape

from silencio.data.report.company import company
from silencio.data.report.conditions import conditions
from silencio.data.report.day import day
from silencio.data.report.division import division
from silencio.data.report.files import recordings
from silencio.data.report.left_out import left_out
from silencio.data.report.listen import listen
from silencio.data.report.look import Page
from silencio.data.report.markup import Section
from silencio.data.report.material import Material
from silencio.data.report.moments import MONTHS, when
from silencio.data.report.places import where
from silencio.data.report.samples import draw, strip
from silencio.data.report.species import species
from silencio.data.report.words import count, length, plural
from silencio.settings import FrontEnd


def render(
    material: Material, front_end: FrontEnd, name: str, digest: str, counted: Callable[[int, int], None]
) -> str:
    """`digest` is the catalog's; `counted` is told (samples drawn, samples in all)."""
    drawn = draw(material, front_end, counted)
    time = when(material)
    sections = [
        species(material),
        listen(material, front_end, drawn),
        Section(time.anchor, time.title, time.body + day(material, front_end)),
        where(material),
        recordings(material),
        conditions(material),
        company(material),
        division(material),
        left_out(material),
    ]
    return Page(
        kind="data report",
        title=name,
        banner=strip(drawn),
        headline=f'<h1>{escape(name)}</h1>\n<p class="lead">{escape(_lead(material))}</p>',
        tiles="".join(_tile(value, what) for value, what in _headline(material)),
        sections=sections,
        goal="figures",
        ending=f"Made from catalog {digest[:12]}. This page asks no other computer for anything.",
    ).html()


def _lead(material: Material) -> str:
    table = material.recordings
    if table.is_empty():
        return "No recording can be used."
    people = table["recordist"].drop_nulls().n_unique()
    heard = material.heard["label"].drop_nulls().n_unique()
    said = plural(len(table), "recording")
    said += f" of {plural(heard, *material.noun)}" if heard else ", of which nobody said who calls"
    said += f", by {plural(people, 'recordist or recorder', 'recordists and recorders')}" if people else ""
    times = table["recorded_at"].drop_nulls()
    if len(times):
        first, last = (f"{MONTHS[t.month - 1]} {t.year}" for t in (times.sort()[0], times.sort()[-1]))
        said += f", made in {first}" if first == last else f", made from {first} to {last}"
    return f"{said}."


def _headline(material: Material) -> list[tuple[str, str]]:
    table = material.recordings
    heard = material.heard["label"].drop_nulls().n_unique()
    people = table["recordist"].drop_nulls().n_unique()
    known, several = len(material.species), material.noun[1]
    sound = length(float(table["duration"].sum()))
    number, _, unit = sound.partition(" ")
    return [
        (count(len(table)), "recordings"),
        (number, f"{unit} of sound"),
        (count(heard), f"{several} heard" if heard == known else f"of {count(known)} {several} heard"),
        (count(people) if people else "–", "recordists, recorders"),
        (count(table["group"].n_unique()), "groups to split by"),
        (count(len(material.catalog.quarantine)), "quarantined"),
    ]


def _tile(value: str, what: str) -> str:
    return f"<li><b>{escape(value)}</b><span>{escape(what)}</span></li>"
