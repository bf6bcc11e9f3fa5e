"""A test over time: how strange each block was, and from where on it is an alarm."""

from collections.abc import Sequence
from datetime import date
from html import escape
from math import log10

from silencio.data.report.drawing import scale, svg
from silencio.data.report.markup import Cell, figure, folded, key, table
from silencio.evaluation.page.plots import all_of
from silencio.monitoring.blocks import span
from silencio.monitoring.drift import Look, Pace
from silencio.monitoring.judges import Aspect
from silencio.monitoring.words import TITLES, seldom

HEIGHT, TOP = 150, 8
USUAL, STRANGEST = -3.0, 5.0
"""Powers of ten about the threshold: what lies beyond is drawn at the edge."""
MARKED = ((3, "1,000 times rarer"), (0, "alarm from here on"))
PILLS = {True: '<span class="pill fail">alarm</span>', False: '<span class="pill pass">usual</span>'}


def course(test: Aspect, looks: Sequence[Look]) -> str:
    alarms = [look for look in looks if look.alarm]
    alt = f"{TITLES[test]}: {len(looks)} blocks, {len(alarms)} alarms. " + " ".join(
        f"{span(look.block)}: {seldom(look)}." for look in alarms
    )
    about = "The higher, the rarer is such a block among recordings that do not drift. A dot is a day, a bar a week."
    drawing = f'<div class="plot" role="img" aria-label="{escape(alt)}">{_chart(looks)}</div>'
    said = figure("Day by day", drawing, about=about, key=key([("usual", "usual"), ("alarm", "alarm")]))
    heads: Sequence[Cell] = (
        ("Block", ""),
        ("Verdict", ""),
        ("By chance", ""),
        ("Recordings", "n"),
        ("Strangest", ""),
    )
    if alarms:
        said += table("Alarms.", heads, [_row(look) for look in reversed(alarms)])
    rows = [_row(look) for look in reversed(looks)]
    return said + folded(f"All {len(looks)} blocks", table("All blocks.", heads, rows))


def _row(look: Look) -> list[Cell]:
    return [
        (escape(span(look.block)), "name"),
        (PILLS[look.alarm], ""),
        (seldom(look), ""),
        (str(len(look.block.observed)), "n"),
        (escape(f"{look.strange.whose}, {look.strange.recordings} recordings"), ""),
    ]


def _chart(looks: Sequence[Look]) -> str:
    first, last = min(x.block.first for x in looks), max(x.block.last for x in looks)
    days = (last - first).days + 1

    def at(day: date, within: float = 0.5) -> float:
        return ((day - first).days + within) / days

    parts = [f'<rect class="alarming" x="0" width="100%" y="0" height="{_height(0):.1f}"/>']
    for power, words in MARKED:
        y = _height(power)
        parts.append(
            f'<line class="{"limit" if not power else "grid"}" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        parts.append(f'<text class="at" x="0" y="{y - 3:.1f}">{words}</text>')
    for look in looks:
        title = f"<title>{escape(f'{span(look.block)}: {seldom(look)}')}</title>"
        kind, y = "alarm" if look.alarm else "usual", _height(_rarity(look))
        left, right = at(look.block.first, 0), at(look.block.last, 1)
        if look.pace is Pace.WEEK:
            ends = f'x1="{100 * left:.2f}%" x2="{100 * right:.2f}%" y1="{y:.1f}" y2="{y:.1f}"'
            parts.append(f'<g><line class="week {kind}" {ends}/>{title}</g>')
        else:
            parts.append(
                f'<g><circle class="day-dot {kind}" cx="{50 * (left + right):.2f}%" cy="{y:.1f}" r="4"/>{title}</g>'
            )
    ticks = [(0.0, f"{first.day} {first:%b %Y}"), (1.0, f"{last.day} {last:%b %Y}")]
    return svg(parts, HEIGHT, "course") + (all_of(ticks) if days > 1 else scale(ticks[:1]))


def _rarity(look: Look) -> float:
    """Powers of ten beyond the threshold."""
    return log10(look.limit / max(look.strange.p, look.limit * 10**-STRANGEST))


def _height(power: float) -> float:
    share = (min(max(power, USUAL), STRANGEST) - USUAL) / (STRANGEST - USUAL)
    return HEIGHT - TOP - share * (HEIGHT - 2 * TOP)
