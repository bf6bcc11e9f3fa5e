"""Plots as inline SVG between HTML labels.

Places are in percent and sizes in pixels, so that they fit any screen; colours come from the page's style
sheet, so that they follow light and dark. Equal figures give equal bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

Part = tuple[float, str]
"""A value, and its class in the style sheet."""
Tick = tuple[float, str]
"""A place from 0 to 1, and what stands there."""

COLUMNS_HEIGHT = 120
ROW_HEIGHT = 18


@dataclass(frozen=True)
class Column:
    parts: tuple[Part, ...]
    """From the bottom up."""
    title: str

    @property
    def total(self) -> float:
        return sum(value for value, _ in self.parts)


def plot(drawings: Sequence[str], alt: str) -> str:
    return f'<div class="plot" role="img" aria-label="{escape(alt)}">\n' + "\n".join(drawings) + "\n</div>"


def line(label: str, drawing: str, note: str) -> str:
    return (
        f'<div class="line"><span class="label">{escape(label)}</span>{drawing}'
        f'<span class="note">{escape(note)}</span></div>'
    )


def svg(parts: Sequence[str], height: float, kind: str = "") -> str:
    return f'<svg class="{kind}" width="100%" height="{height:g}" aria-hidden="true">{"".join(parts)}</svg>'


def stacked(parts: Sequence[Part], most: float, height: float = ROW_HEIGHT) -> str:
    """One bar of several parts; `most` is what fills the width."""
    drawn, at = [], 0.0
    for value, kind in parts:
        if value:
            drawn.append(_rect(at / most, value / most, 3, height - 6, kind))
            at += value
    return svg(drawn, height)


def columns(
    stacks: Sequence[Column], ticks: Sequence[Tick], *, bands: Sequence[tuple[float, float]] = ()
) -> str:
    """Upright bars side by side over `ticks`; `bands` are shaded from a place to a place, 0 to 1."""
    most = max((column.total for column in stacks), default=0) or 1
    room = COLUMNS_HEIGHT - 14
    drawn = [_rect(left, right - left, 0, COLUMNS_HEIGHT, "band") for left, right in bands]
    drawn += [f'<line class="grid" x1="0" x2="100%" y1="{y:g}" y2="{y:g}"/>' for y in (14, 14 + room / 2)]
    drawn.append(f'<text x="0" y="10">{most:,.4g}</text>')
    for k, column in enumerate(stacks):
        bars, bottom = [], float(COLUMNS_HEIGHT)
        for value, kind in column.parts:
            if value:
                height = room * value / most
                bottom -= height
                bars.append(_rect((k + 0.1) / len(stacks), 0.8 / len(stacks), bottom, height, kind))
        drawn.append(f"<g>{''.join(bars)}<title>{escape(column.title)}</title></g>")
    drawn.append(f'<line class="axis" x1="0" x2="100%" y1="{COLUMNS_HEIGHT}" y2="{COLUMNS_HEIGHT}"/>')
    return svg(drawn, COLUMNS_HEIGHT, "columns") + scale(ticks)


def scale(ticks: Sequence[Tick]) -> str:
    """A narrow screen leaves out the odd ones."""
    return svg(
        [
            f'<text class="{"odd" if k % 2 else "even"}" x="{100 * place:.2f}%" y="13" '
            f'text-anchor="{"start" if place < 0.02 else "end" if place > 0.98 else "middle"}">'
            f"{escape(words)}</text>"
            for k, (place, words) in enumerate(ticks)
        ],
        18,
    )


def heat(values: Sequence[float | None], most: float, titles: Sequence[str], height: float = 16) -> str:
    """A row of cells, the fuller the darker; None is no cell at all, 0 an empty one."""
    drawn = []
    for k, (value, title) in enumerate(zip(values, titles, strict=True)):
        if value is not None:
            # The root lets few be told from none where many are elsewhere.
            depth = f' fill-opacity="{0.12 + 0.88 * (value / most) ** 0.5:.2f}"' if value else ""
            cell = _rect(
                (k + 0.04) / len(values), 0.92 / len(values), 1, height - 2, "cell" if value else "none"
            )
            drawn.append(cell.replace("/>", f"{depth}><title>{escape(title)}</title></rect>"))
    return svg(drawn, height)


def spark(values: Sequence[float]) -> str:
    """A curve of bars that fits into a table's cell."""
    most = max(values, default=0) or 1
    path = "".join(f"M{k + 0.5:g} 16V{16 - 15 * v / most:.1f}" for k, v in enumerate(values) if v)
    return (
        f'<svg class="spark" viewBox="0 0 {len(values)} 16" preserveAspectRatio="none" aria-hidden="true">'
        f'<path d="{path}"/></svg>'
    )


def spread(low: float, middle: float, high: float) -> str:
    """A dot on an interval; all three are places from 0 to 1."""
    y = ROW_HEIGHT / 2
    ends = f'x1="{100 * low:.2f}%" x2="{100 * high:.2f}%" y1="{y:g}" y2="{y:g}"'
    dot = f'<circle class="dot" cx="{100 * middle:.2f}%" cy="{y:g}" r="4.5"/>'
    return svg([f'<line class="interval" {ends}/>', dot], ROW_HEIGHT)


def _rect(left: float, width: float, top: float, height: float, kind: str) -> str:
    return (
        f'<rect class="{kind}" x="{100 * left:.2f}%" width="{100 * width:.2f}%" '
        f'y="{top:.1f}" height="{height:.1f}"/>'
    )
