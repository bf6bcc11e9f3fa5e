"""Which variant is served, and why: the cheapest that passes every gate.

Cheap is what answers most windows a second, a batch at a time: recordings hold many windows, and a service and a batch
job alike are paid by the hour. Differences within 5 % are taken for the machine's; among those the smallest file is
cheapest.
"""

from collections.abc import Iterator, Sequence
from math import isfinite

from silencio.evaluation.slices import title_of
from silencio.optimize.rows import LOST, VariantRow

ALIKE = 0.05


def cheapest_first(rows: Sequence[VariantRow]) -> Iterator[VariantRow]:
    left = list(rows)
    while left:
        fastest = max(row.windows_per_second for row in left)
        alike = [row for row in left if row.windows_per_second >= (1 - ALIKE) * fastest]
        cheapest = min(alike, key=lambda row: (row.size_mb, -row.windows_per_second, row.variant))
        left.remove(cheapest)
        yield cheapest


def because(chosen: VariantRow, refused: Sequence[VariantRow], full: VariantRow | None) -> str:
    """`refused`: those that would have been cheaper; `full`: full precision, where it was asked for."""
    gates = f"passes all {len(chosen.gates)} gates"
    cost = f"{chosen.size_mb:.1f} MB"
    if full is None or full.variant == chosen.variant:
        said = f"{chosen.variant}: {cost}, mAP {chosen.map:.3f}, {gates}; nothing cheaper does"
    else:
        times = chosen.windows_per_second / full.windows_per_second
        lost = f"{-chosen.map_loss:+.3f}".replace("-", "\N{MINUS SIGN}")
        said = (
            f"{chosen.variant}: {times:.1f} × as fast as fp32, {cost}, mAP {chosen.map:.3f} ({lost}), {gates}"
        )
    return (
        "; ".join([said, *(f"{row.variant} would be cheaper, but {_first_refusal(row)}" for row in refused)])
        + "."
    )


def _first_refusal(row: VariantRow) -> str:
    gate = next(gate for gate in row.gates if gate.verdict != "pass")
    if gate.name == LOST and isfinite(gate.value):
        where = "mAP" if gate.slice == "overall" else f"mAP on {title_of(gate.slice).lower()}"
        return f"loses {gate.value:.3f} {where}"
    return f"does not pass {gate.name} on {title_of(gate.slice).lower()}"
