"""The page's building blocks. Whatever comes from a catalog is escaped by whoever puts it in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

Cell = tuple[str, str]
"""HTML, and the class of its cell."""


@dataclass(frozen=True)
class Section:
    anchor: str
    title: str
    body: str

    def html(self) -> str:
        return (
            f'<section id="{self.anchor}" aria-labelledby="{self.anchor}-title">'
            f'<h2 id="{self.anchor}-title">{escape(self.title)}</h2>\n{self.body}</section>'
        )


def figure(title: str, drawing: str, *, about: str = "", key: str = "") -> str:
    said = f'<p class="soft">{escape(about)}</p>' if about else ""
    return f"<figure><figcaption><b>{escape(title)}</b>{key}{said}</figcaption>{drawing}</figure>"


def key(items: Iterable[tuple[str, str]]) -> str:
    """What each colour stands for: (class in the style sheet, words)."""
    marks = "".join(
        f'<li><i class="swatch {kind}" aria-hidden="true"></i>{escape(words)}</li>' for kind, words in items
    )
    return f'<ul class="key">{marks}</ul>'


def table(caption: str, heads: Sequence[Cell], rows: Iterable[Sequence[Cell]], kind: str = "") -> str:
    """The first cell of a row names it. A wide table scrolls by itself, also with the keyboard."""
    head = "".join(f'<th scope="col" class="{css}">{text}</th>' for text, css in heads)
    body = "\n".join(
        f'<tr><th scope="row" class="{row[0][1]}">{row[0][0]}</th>'
        + "".join(f'<td class="{css}">{text}</td>' for text, css in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="wide {kind}" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>"
    )


def folded(summary: str, body: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{body}</details>"


def side_by_side(blocks: Sequence[str]) -> str:
    return f'<div class="pair">{"".join(blocks)}</div>'
