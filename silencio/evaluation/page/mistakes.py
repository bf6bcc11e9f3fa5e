"""The mistakes that a reviewer should hear first, with their sound where there is any."""

from collections.abc import Sequence
from html import escape

from silencio.data.report.card import card
from silencio.data.report.excerpt import Excerpt
from silencio.data.report.markup import Section, table
from silencio.evaluation.wording import number
from silencio.evaluation.worst import Mistake

TITLES = {"false alarm": "Heard where it does not call", "missed": "Calls, and was not heard"}


def mistakes(found: Sequence[Mistake], heard: Sequence[Excerpt]) -> Section:
    if not found:
        body = "<p>No false alarm above one half, and no call below it.</p>"
    elif heard:
        body = _cards(found, heard)
    else:
        body = _table(found)
    return Section("mistakes", "Worst mistakes", body)


def _cards(found: Sequence[Mistake], heard: Sequence[Excerpt]) -> str:
    body = '<p class="soft">The most confident of each kind, two of a species at most. Low is below, early is left.</p>'
    for kind, title in TITLES.items():
        of_kind = [(m, seen) for m, seen in zip(found, heard, strict=True) if m.kind == kind]
        if of_kind:
            cards = "".join(_card(m, seen) for m, seen in of_kind)
            body += f'<h3>{title}</h3><div class="cards">{cards}</div>'
    return body


def _card(m: Mistake, seen: Excerpt) -> str:
    above = f"<h4>{escape(m.label)} <span>{number(m.probability)}</span></h4>"
    said = f"really: {escape(', '.join(m.truth)) or 'nothing that calls'}"
    file = m.recording.rpartition("/")[2]
    return card(seen, f"{m.kind}, {m.label}", file, said, above=above)


def _table(found: Sequence[Mistake]) -> str:
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
        for m in found
    ]
    caption = "The most confident false alarms and misses."
    return f'<p class="soft">{caption}</p>' + table(caption, [*heads, ("What calls there", "")], rows)
