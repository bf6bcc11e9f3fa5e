"""What each variant costs against what it hears, as a picture: up is better, left is faster, a larger dot is more MB.

It stands alone, for whoever looks at the run; the report draws its own. Equal rows give equal bytes.
"""

from collections.abc import Sequence
from html import escape
from math import isfinite, sqrt

from silencio.optimize.rows import Outcome, VariantRow

PLOT = "pareto.svg"
WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 20, 48
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:currentColor}"
    ".grid{stroke:currentColor;stroke-opacity:.15}"
    ".chosen{fill:#2f7d5b;stroke:#2f7d5b}.passes{fill:#7aa6c2;stroke:#7aa6c2}"
    ".hollow{fill:none;stroke:#b0502f;stroke-width:1.5}"
)
TICKS = 5
LETTER, LINE = 7.0, 13.0
"""How wide a letter is at most, and how high a line."""

Dot = tuple[VariantRow, float, float]
Place = tuple[float, float]


def pareto_svg(rows: Sequence[VariantRow]) -> str:
    """Latency of one window on one thread against mAP. What is refused, or may not be served, is hollow."""
    shown = [row for row in rows if isfinite(row.latency_ms) and isfinite(row.map)]
    if not shown:
        return ""
    across = _Scale([0.0, *(row.latency_ms for row in shown)], LEFT, WIDTH - RIGHT)
    upwards = _Scale([row.map for row in shown], HEIGHT - BOTTOM, TOP)
    dots = [(row, across.place(row.latency_ms), upwards.place(row.map)) for row in shown]
    parts = [
        *_axes(across, upwards),
        *(_dot(*dot, label) for dot, label in zip(dots, _labels(dots), strict=True)),
    ]
    title = "Milliseconds for a window against mAP, by variant"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="100%" role="img" '
        f'aria-label="{title}"><style>{STYLE}</style>{"".join(parts)}</svg>'
    )


class _Scale:
    """From figures to places, with a little room at both ends."""

    def __init__(self, values: Sequence[float], begin: float, end: float) -> None:
        room = 0.12 * ((max(values) - min(values)) or 0.1)
        self.low, self.high = (min(values) - room if min(values) else 0.0), max(values) + room
        self._begin, self._end = begin, end

    def place(self, value: float) -> float:
        return self._begin + (value - self.low) / (self.high - self.low) * (self._end - self._begin)

    @property
    def ticks(self) -> list[float]:
        return [self.low + k * (self.high - self.low) / TICKS for k in range(TICKS + 1)]


def _axes(across: _Scale, upwards: _Scale) -> list[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = []
    for value in across.ticks:
        x = across.place(value)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{bottom}"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{value:.1f}</text>')
    for value in upwards.ticks:
        y = upwards.place(value)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.3f}</text>')
    middle = (LEFT + right) / 2
    parts.append(
        f'<text x="{middle:.0f}" y="{HEIGHT - 8}" text-anchor="middle">ms a window, one thread</text>'
    )
    parts.append(f'<text x="8" y="{TOP - 6}">mAP</text>')
    return parts


def _radius(row: VariantRow) -> float:
    return 3 + 2 * sqrt(row.size_mb)


def _labels(dots: Sequence[Dot]) -> list[Place]:
    """Where each name stands, its middle: over its dot, or as near as no other name stands in the way."""
    taken: list[tuple[float, float, float]] = []
    places = []
    for row, x, y in dots:
        half = LETTER * len(row.variant) / 2
        middle = min(max(x, LEFT + half), WIDTH - RIGHT - half)
        over, under = y - _radius(row) - 4, y + _radius(row) + LINE - 2
        steps = [place for k in range(len(dots)) for place in (over - k * LINE, under + k * LINE)]
        free = [
            place
            for place in steps
            if all(abs(place - other) >= LINE or abs(middle - m) >= half + h for other, m, h in taken)
        ]
        taken.append((free[0], middle, half))
        places.append((middle, free[0]))
    return places


def _dot(row: VariantRow, x: float, y: float, label: Place) -> str:
    kind = row.outcome.value if row.outcome in (Outcome.CHOSEN, Outcome.NOT_ASKED) else "hollow"
    told = f"{row.variant}: {row.latency_ms:.1f} ms, mAP {row.map:.3f}, {row.size_mb:.1f} MB, {row.outcome.value}"
    return (
        f"<g><title>{escape(told)}</title>"
        f'<line class="grid" x1="{x:.1f}" y1="{y:.1f}" x2="{label[0]:.1f}" y2="{label[1]:.1f}"/>'
        f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{_radius(row):.1f}"/>'
        f'<text x="{label[0]:.1f}" y="{label[1]:.1f}" text-anchor="middle">{escape(row.variant)}</text></g>'
    )
