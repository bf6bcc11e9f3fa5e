"""Which variants a search tried, what each costs and hears, and why one was chosen."""

from collections.abc import Sequence
from html import escape
from math import isfinite, sqrt

from silencio.data.report.drawing import plot, svg
from silencio.data.report.markup import Section, figure, key, table
from silencio.data.report.words import rounded
from silencio.evaluation.page.plots import axis_around
from silencio.evaluation.searched import Search, Tried
from silencio.evaluation.wording import NOTHING, number, signed

HEIGHT = 260
KINDS = {
    "chosen": "chosen",
    "passes": "passing",
    "refused": "refused",
    "only measured": "measured-only",
    "left out": "left-out",
}
"""An outcome's class in the style sheet."""


def search(found: Search | None) -> Section | None:
    if found is None:
        return None
    body = f"<p>{escape(found.chosen_because)}</p>"
    if any(one.placed for one in found.tried):
        body += _pareto(found.tried)
    heads = [("", "n"), ("Variant", ""), ("Outcome", ""), ("MB", "n"), ("ms", "n"), ("windows/s", "n")]
    heads += [("memory, MB", "n"), ("mAP", "n"), ("loses most on", "n")]
    caption = f"Every variant, timed on {found.machine}."
    rows = [_row(k, one) for k, one in enumerate(found.tried, start=1)]
    return Section(
        "search", "Search", f'{body}<p class="soft">{escape(caption)}</p>' + table(caption, heads, rows)
    )


def _row(place: int, one: Tried) -> list[tuple[str, str]]:
    return [
        (str(place), "n"),
        (f"<b>{escape(one.variant)}</b><br><small>{escape(one.runs_on)}</small>", "name"),
        (
            f'<span class="pill {KINDS[one.outcome]}">{escape(one.outcome)}</span><br>'
            f"<small>{escape(one.reason)}</small>",
            "why",
        ),
        (_said(one.size_mb), "n"),
        _with(_said(one.latency_ms), f"95th: {_said(one.latency_p95_ms)}", one.latency_p95_ms),
        (_said(one.windows_per_second), "n"),
        (_said(one.memory_mb), "n"),
        _with(number(one.map), signed(-one.map_loss), one.map_loss),
        _with(signed(-one.worst_loss), one.worst_slice, one.worst_loss),
    ]


def _with(value: str, beside: str, known: float) -> tuple[str, str]:
    return value + (f"<br><small>{escape(beside)}</small>" if isfinite(known) else ""), "n"


def _said(value: float) -> str:
    return rounded(value) if isfinite(value) else NOTHING


def _pareto(tried: Sequence[Tried]) -> str:
    """Left is fast, up is good, large is large; the numbers are those of the table."""
    placed = [(k, one) for k, one in enumerate(tried, start=1) if one.placed]
    across = axis_around([one.latency_ms for _, one in placed])
    values = [one.map for _, one in placed]
    up = axis_around(values, include=(min(values) - 0.01, max(values) + 0.01))
    biggest = max((one.size_mb for _, one in placed if isfinite(one.size_mb)), default=1.0)
    parts = []
    for tick in up.ticks:
        y = f"{100 * (1 - up.share(tick)):.2f}%"
        parts.append(f'<line class="grid" x1="0" x2="100%" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="at" x="2" y="{y}" dy="-3">{up.tick_label(tick)}</text>')
    # The largest first, so that no dot is hidden behind another.
    for k, one in sorted(placed, key=lambda found: -found[1].size_mb if isfinite(found[1].size_mb) else 0.0):
        x, y = across.place(one.latency_ms), f"{100 * (1 - up.share(one.map)):.2f}%"
        radius = 5 + 9 * sqrt(one.size_mb / biggest) if isfinite(one.size_mb) else 5
        parts.append(f'<circle class="tried {KINDS[one.outcome]}" cx="{x}" cy="{y}" r="{radius:.1f}"/>')
        parts.append(f'<text class="which" x="{x}" y="{y}" dy="4" text-anchor="middle">{k}</text>')
    alt = "mAP against milliseconds a window. " + " ".join(
        f"{k}, {one.variant}: {_said(one.latency_ms)} ms, {number(one.map)}, {_said(one.size_mb)} MB, {one.outcome}."
        for k, one in placed
    )
    kinds = key((f"tried {KINDS[one]}", one) for one in dict.fromkeys(one.outcome for _, one in placed))
    about = "Up is better, left is faster (median milliseconds a window), a larger dot is a larger model."
    return figure(
        "mAP against speed", plot([svg(parts, HEIGHT, "lines"), across.scale], alt), about=about, key=kinds
    )
