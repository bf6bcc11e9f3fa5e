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


def pareto_svg(rows: Sequence[VariantRow]) -> str:
    """Latency of one window on one thread against mAP. What is refused, or may not be served, is hollow."""
    shown = [row for row in rows if isfinite(row.latency_ms) and isfinite(row.map)]
    if not shown:
        return ""
    across = _Scale([0.0, *(row.latency_ms for row in shown)], LEFT, WIDTH - RIGHT)
    upwards = _Scale([row.map for row in shown], HEIGHT - BOTTOM, TOP)
    parts = [*_axes(across, upwards), *(_dot(row, across, upwards) for row in shown)]
    label = "Milliseconds for a window against mAP, by variant"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="100%" role="img" '
        f'aria-label="{label}"><style>{STYLE}</style>{"".join(parts)}</svg>'
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


def _dot(row: VariantRow, across: _Scale, upwards: _Scale) -> str:
    x, y, radius = across.place(row.latency_ms), upwards.place(row.map), 3 + 2 * sqrt(row.size_mb)
    filled = row.outcome in (Outcome.CHOSEN, Outcome.NOT_ASKED)
    told = f"{row.variant}: {row.latency_ms:.1f} ms, mAP {row.map:.3f}, {row.size_mb:.1f} MB, {row.outcome.value}"
    return (
        f'<g><title>{escape(told)}</title><circle class="{row.outcome.value if filled else "hollow"}" '
        f'cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>'
        f'<text x="{x:.1f}" y="{y - radius - 3:.1f}" text-anchor="middle">{escape(row.variant)}</text></g>'
    )
