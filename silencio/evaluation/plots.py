"""Plots as inline SVG between HTML labels.

Places are in percent and sizes in pixels, so that they fit any screen; colours come from the page's style
sheet, so that they follow light and dark. Equal figures give equal bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, isfinite

from silencio.evaluation.bootstrap import Estimate

HEIGHT = 26


@dataclass(frozen=True)
class Mark:
    """A dot with its interval; `kind` is the class in the style sheet."""

    estimate: Estimate
    kind: str


@dataclass(frozen=True)
class Row:
    label: str
    note: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Bar:
    label: str
    note: str
    value: float
    before: float | None = None


@dataclass(frozen=True)
class Axis:
    low: float
    high: float
    step: float

    def place(self, value: float) -> str:
        share = (value - self.low) / (self.high - self.low)
        return f"{100 * min(max(share, 0.0), 1.0):.2f}%"

    @property
    def ticks(self) -> list[float]:
        return [self.low + k * self.step for k in range(round((self.high - self.low) / self.step) + 1)]

    def tick_label(self, value: float) -> str:
        digits = 2 if self.step < 0.1 else 1
        return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "\N{MINUS SIGN}")


UNIT = Axis(0.0, 1.0, 0.2)


def axis_around(values: Sequence[float], *, include: float = 0.0) -> Axis:
    """Round steps that hold every finite value, and `include`."""
    known = [v for v in values if isfinite(v)] + [include]
    low, high = min(known), max(known)
    step = next((s for s in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if (high - low) / s <= 5), 1.0)
    first, last = floor(low / step - 1e-9), ceil(high / step + 1e-9)
    return Axis(first * step, last * step, step)


def dots_and_intervals(rows: Sequence[Row], axis: Axis, alt: str, *, zero: bool = False) -> str:
    """One line a row; several marks of a row lie below each other."""
    lines = [_line(row.label, row.note, _track(row.marks, axis, zero)) for row in rows]
    return _plot([*lines, _line("", "", _scale(axis))], alt)


def bars(rows: Sequence[Bar], alt: str) -> str:
    """Values between 0 and 1, with a tick where the value was before."""
    lines = [_line(row.label, row.note, _bar(row)) for row in rows]
    return _plot([*lines, _line("", "", _scale(UNIT))], alt)


def _plot(lines: Sequence[str], alt: str) -> str:
    return f'<div class="plot" role="img" aria-label="{escape(alt)}">\n' + "\n".join(lines) + "\n</div>"


def _line(label: str, note: str, drawing: str) -> str:
    return (
        f'<div class="line"><span class="label">{escape(label)}</span>{drawing}'
        f'<span class="note">{escape(note)}</span></div>'
    )


def _svg(parts: Sequence[str], height: int) -> str:
    return f'<svg width="100%" height="{height}">{"".join(parts)}</svg>'


def _grid(axis: Axis, height: int) -> list[str]:
    return [f'<line class="grid" {_vertical(axis.place(t), 0, height)}/>' for t in axis.ticks]


def _vertical(place: str, top: float, bottom: float) -> str:
    return f'x1="{place}" x2="{place}" y1="{top:g}" y2="{bottom:g}"'


def _track(marks: Sequence[Mark], axis: Axis, zero: bool) -> str:
    parts = _grid(axis, HEIGHT)
    if zero:
        parts.append(f'<line class="zero" {_vertical(axis.place(0), 0, HEIGHT)}/>')
    for k, mark in enumerate(marks):
        e, y = mark.estimate, HEIGHT * (k + 1) / (len(marks) + 1)
        if not isfinite(e.value):
            continue
        if e.has_interval:
            ends = f'x1="{axis.place(e.low)}" x2="{axis.place(e.high)}" y1="{y:g}" y2="{y:g}"'
            parts.append(f'<line class="interval {mark.kind}" {ends}/>')
        parts.append(f'<circle class="dot {mark.kind}" cx="{axis.place(e.value)}" cy="{y:g}" r="4.5"/>')
    return _svg(parts, HEIGHT)


def _bar(row: Bar) -> str:
    height = 18
    parts = _grid(UNIT, height)
    if isfinite(row.value):
        parts.append(f'<rect class="bar" x="0" y="4" width="{UNIT.place(row.value)}" height="10" rx="2"/>')
    if row.before is not None and isfinite(row.before):
        parts.append(f'<line class="before" {_vertical(UNIT.place(row.before), 1, height - 1)}/>')
    return _svg(parts, height)


def _scale(axis: Axis) -> str:
    # A narrow screen leaves out the odd ones.
    labels = [
        f'<text class="{"odd" if k % 2 else "even"}" x="{axis.place(t)}" y="13" text-anchor="middle">'
        f"{axis.tick_label(t)}</text>"
        for k, t in enumerate(axis.ticks)
    ]
    return _svg(labels, 18)
