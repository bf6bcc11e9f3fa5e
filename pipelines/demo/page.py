"""Where the demo ends: what is worth opening, on a page of its own and on the terminal."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

from silencio.data.report.look import Page
from silencio.data.report.markup import Section, table

TITLE = "The loop, turned"
LEAD = "From recordings to a model in production; from what a guide corrects to a better one."
GAINED = ("on", "figure", "before", "after", "difference", "95 % of it")


@dataclass(frozen=True)
class Worth:
    """Something to open, or to type."""

    name: str
    where: Path | str
    """A file or folder; an address; a command."""
    about: str

    def link(self, home: Path) -> str:
        """HTML, as seen from a page in `home`, which may be moved with what it links to."""
        said = escape(str(self.where))
        if isinstance(self.where, Path):
            return f'<a href="{quote(os.path.relpath(self.where, home))}">{said}</a>'
        return f'<a href="{said}">{said}</a>' if self.where.startswith("http") else f"<code>{said}</code>"


@dataclass(frozen=True)
class Told:
    """What the page says besides."""

    decided: Sequence[tuple[str, str]]
    reasons: Sequence[str]
    """Why the second training was started."""
    gained: Sequence[Sequence[str]]
    """Lines of these columns: `GAINED`."""


def write_page(folder: Path, told: Told, worth: Iterable[Worth]) -> Path:
    """Over the one of the last demo."""
    rows = [
        [(escape(one.name), "name"), (one.link(folder), "id"), (escape(one.about), "why")] for one in worth
    ]
    heads = [("What", ""), ("Where", ""), ("What it tells", "")]
    sections = [Section("open", "Worth opening", table("Addresses, files and commands.", heads, rows))]
    if told.gained:
        heads = [(name.capitalize(), "") for name in GAINED]
        lines = [[(escape(cell), "") for cell in line] for line in told.gained]
        sections.append(Section("gained", "What the second round gained", table("Figures.", heads, lines)))
    if told.reasons:
        listed = "".join(f"<li>{escape(reason)}</li>" for reason in told.reasons)
        sections.append(Section("reasons", "Why it trained again", f"<ul>{listed}</ul>"))
    decided = [[(escape(name), "name"), (escape(what), "why")] for name, what in told.decided]
    sections.append(
        Section("decided", "What was decided", table("Decisions.", [("What", ""), ("How", "")], decided))
    )
    page = Page(
        kind="demo",
        title=TITLE,
        headline=f'<h1>{TITLE}</h1>\n<p class="lead">{LEAD}</p>',
        sections=sections,
        goal="addresses and files",
        ending="This page asks no other computer for anything.",
    )
    path = folder / "index.html"
    partial = path.with_suffix(".partial")
    partial.write_text(page.html(), "utf-8")
    partial.replace(path)
    return path
