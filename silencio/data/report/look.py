"""How Silencio's pages look and move: their frame, and the style sheet and the script that all of them begin with."""

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template

from silencio.data.report.markup import Section


@dataclass(frozen=True)
class Page:
    """One that loads nothing. Its first section is where the keyboard gets to at once."""

    kind: str
    """Such as data report."""
    title: str
    headline: str
    """HTML, as are the ending, the tiles and the banner."""
    sections: Sequence[Section]
    goal: str
    """What the first section has."""
    ending: str
    tiles: str = ""
    banner: str = ""
    style: str = ""
    """Beside what all pages have."""

    def html(self) -> str:
        script = _part("script.js")
        return Template(_part("page.html")).substitute(
            kind=self.kind,
            title=escape(self.title),
            policy=policy(script),
            style=_part("style.css") + self.style,
            script=script,
            banner=self.banner,
            headline=self.headline,
            tiles=f'<ul class="tiles">{self.tiles}</ul>' if self.tiles else "",
            first=self.sections[0].anchor,
            goal=self.goal,
            contents="".join(f'<li><a href="#{s.anchor}">{escape(s.title)}</a></li>' for s in self.sections),
            sections="\n".join(section.html() for section in self.sections),
            ending=self.ending,
        )


def policy(script: str) -> str:
    """Whatever else might come to be in a page, only this script runs, and nothing is loaded."""
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; "
        f"script-src 'sha256-{digest}'"
    )


def _part(name: str) -> str:
    return (files("silencio.data.report") / "templates" / name).read_text("utf-8")
