"""Plots that a report adds to those of `silencio.data.report.drawing`: marks with intervals, lines over levels, places.

Places are in percent and sizes in pixels, so that they fit any screen; colours come from the page's style sheet, so
that they follow light and dark. Equal figures give equal bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from math import ceil, floor, isfinite

from silencio.data.report.drawing import line, plot, scale, svg
from silencio.evaluation.bootstrap import Estimate

HEIGHT, APART = 30, 9
LINES_HEIGHT = 132


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

    def share(self, value: float) -> float:
        """0 to 1; what lies beyond an end is put there."""
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)

    def place(self, value: float) -> str:
        return f"{100 * self.share(value):.2f}%"

    @property
    def ticks(self) -> list[float]:
        return [self.low + k * self.step for k in range(round((self.high - self.low) / self.step) + 1)]

    def tick_label(self, value: float) -> str:
        digits = next((n for n in (0, 1, 2) if self.step >= 10.0**-n - 1e-12), 3)
        return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "\N{MINUS SIGN}")

    @property
    def scale(self) -> str:
        return scale([(self.share(tick), self.tick_label(tick)) for tick in self.ticks])


UNIT = Axis(0.0, 1.0, 0.2)


def axis_around(values: Sequence[float], *, include: Sequence[float] = (0.0,)) -> Axis:
    """Round steps that hold every finite value, and those to `include`."""
    known = [v for v in (*values, *include) if isfinite(v)]
    low, high = min(known), max(known)
    steps = (round_one * 10.0**power for power in count(-3) for round_one in (1, 2, 5))
    step = next(s for s in steps if (high - low) / s <= 5)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return Axis(first * step, max(last, first + 1) * step, step)


def dots_and_intervals(rows: Sequence[Row], axis: Axis, alt: str, *, zero: bool = False) -> str:
    """One line a row; several marks of a row lie below each other."""
    lines = [line(row.label, _track(row.marks, axis, zero), row.note) for row in rows]
    return plot([*lines, line("", axis.scale, "")], alt)


def bars(rows: Sequence[Bar], alt: str) -> str:
    """Values between 0 and 1, with a tick where the value was before."""
    lines = [line(row.label, _bar(row), row.note) for row in rows]
    return plot([*lines, line("", UNIT.scale, "")], alt)


def against(value: Estimate, champion: Estimate | None, bar: float | None, at_least: bool) -> str:
    """A value on its own axis, the side of the bar where it should lie, and the champion's."""
    ends = 0.0 if bar is None else bar, 1.0 if at_least else 2 * (bar or 0.0)
    known = [value.value, value.low, value.high, *([champion.value] if champion else [])]
    axis = axis_around(known, include=(0.0, *ends))
    parts = [f'<line class="grid" x1="0" x2="100%" y1="{HEIGHT / 2:g}" y2="{HEIGHT / 2:g}"/>']
    if bar is not None:
        left, right = (axis.share(bar), 1.0) if at_least else (0.0, axis.share(bar))
        parts.append(
            f'<rect class="allowed" x="{100 * left:.2f}%" width="{100 * (right - left):.2f}%" y="3" '
            f'height="{HEIGHT - 6}" rx="2"/><line class="bar-at" {_vertical(axis.place(bar), 1, HEIGHT - 1)}/>'
        )
    if champion is not None:
        parts += _mark(Mark(champion, "champion"), axis, HEIGHT / 2)
    return svg([*parts, *_mark(Mark(value, "candidate"), axis, HEIGHT / 2)], HEIGHT)


def lines_over(names: Sequence[str], values: Sequence[tuple[str, Sequence[Estimate]]]) -> str:
    """Values between 0 and 1 at levels side by side: (class in the style sheet, an estimate a level) a line."""
    room, top = LINES_HEIGHT - 12, 6

    def at(level: int) -> str:
        return f"{100 * (level + 0.5) / len(names):.2f}%"

    def height(value: float) -> str:
        return f"{top + room * (1 - UNIT.share(value)):.1f}"

    parts = []
    for value in (0.0, 0.5, 1.0):
        y = height(value)
        parts.append(f'<line class="grid" x1="0" x2="100%" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="at" x="0" y="{float(y) - 3:g}">{value:g}</text>')
    for kind, estimates in values:
        known = [(k, e) for k, e in enumerate(estimates) if isfinite(e.value)]
        for (k, e), (after, f) in pairwise(known):
            ends = f'x1="{at(k)}" x2="{at(after)}" y1="{height(e.value)}" y2="{height(f.value)}"'
            parts.append(f'<line class="run {kind}" {ends}/>')
        for k, e in known:
            if e.has_interval:
                ends = f'x1="{at(k)}" x2="{at(k)}" y1="{height(e.low)}" y2="{height(e.high)}"'
                parts.append(f'<line class="interval {kind}" {ends}/>')
            parts.append(f'<circle class="dot {kind}" cx="{at(k)}" cy="{height(e.value)}" r="3.5"/>')
    ticks = [((k + 0.5) / len(names), name) for k, name in enumerate(names)]
    return svg(parts, LINES_HEIGHT, "lines") + all_of(ticks)


def all_of(ticks: Sequence[tuple[float, str]]) -> str:
    """A scale of which a narrow screen leaves out none."""
    return scale(ticks).replace('class="odd"', 'class="even"')


def _grid(axis: Axis, height: int) -> list[str]:
    return [f'<line class="grid" {_vertical(axis.place(t), 0, height)}/>' for t in axis.ticks]


def _vertical(place: str, top: float, bottom: float) -> str:
    return f'x1="{place}" x2="{place}" y1="{top:g}" y2="{bottom:g}"'


def _track(marks: Sequence[Mark], axis: Axis, zero: bool) -> str:
    parts = _grid(axis, HEIGHT)
    if zero:
        parts.append(f'<line class="zero" {_vertical(axis.place(0), 0, HEIGHT)}/>')
    for k, mark in enumerate(marks):
        parts += _mark(mark, axis, HEIGHT / 2 + APART * (k - (len(marks) - 1) / 2))
    return svg(parts, HEIGHT)


def _mark(mark: Mark, axis: Axis, y: float) -> list[str]:
    e = mark.estimate
    if not isfinite(e.value):
        return []
    parts = []
    if e.has_interval:
        ends = f'x1="{axis.place(e.low)}" x2="{axis.place(e.high)}" y1="{y:g}" y2="{y:g}"'
        parts.append(f'<line class="interval {mark.kind}" {ends}/>')
    return [*parts, f'<circle class="dot {mark.kind}" cx="{axis.place(e.value)}" cy="{y:g}" r="4.5"/>']


def _bar(row: Bar) -> str:
    height = 18
    parts = _grid(UNIT, height)
    if isfinite(row.value):
        parts.append(f'<rect class="value" x="0" y="4" width="{UNIT.place(row.value)}" height="10" rx="2"/>')
    if row.before is not None and isfinite(row.before):
        parts.append(f'<line class="before" {_vertical(UNIT.place(row.before), 1, height - 1)}/>')
    return svg(parts, height)
