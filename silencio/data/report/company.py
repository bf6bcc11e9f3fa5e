"""Who calls together: in one recording's foreground and background, or at the same second of a soundscape."""

from collections import Counter
from html import escape
from itertools import combinations

import polars as pl

from silencio.data.report.markup import Section, figure, table
from silencio.data.report.material import Material
from silencio.data.report.words import count, plural

MOST = 14
"""Species of the table."""
PAIRS = 8


def company(material: Material) -> Section:
    pairs = together(material)
    if not pairs:
        body = '<p class="gap">No recording came with two species that call together.</p>'
        return Section("company", "Who calls together", body)
    involved: Counter[str] = Counter()
    for (one, other), number in pairs.items():
        involved[one] += number
        involved[other] += number
    shown = [code for code, _ in sorted(involved.items(), key=lambda item: (-item[1], item[0]))[:MOST]]
    heads = [("", "")] + [(f"<span>{escape(material.name(code))}</span>", "up") for code in shown]
    most = max((pairs[_pair(a, b)] for a, b in combinations(shown, 2)), default=0) or 1
    rows = [
        [(escape(material.name(one)), "name")]
        + [_cell(pairs[_pair(one, other)], most) if one != other else ("", "self") for other in shown]
        for one in shown
    ]
    often = "".join(
        f"<li>{escape(material.name(a))} and {escape(material.name(b))}: {count(number)}</li>"
        for (a, b), number in sorted(pairs.items(), key=lambda item: (-item[1], item[0]))[:PAIRS]
    )
    about = (
        f"{plural(len(pairs), 'pair')} of species. Counted is each recording with the one in front and the other "
        "behind, and each call of a soundscape that overlaps one of another species."
    )
    if len(involved) > MOST:
        about += f" The {MOST} most sociable of {len(involved)} species are shown."
    drawing = table("How often two species call together.", heads, rows, "company")
    return Section(
        "company",
        "Who calls together",
        figure(
            "Label co-occurrence",
            f'{drawing}<p class="soft">Most often:</p><ul class="often">{often}</ul>',
            about=about,
        ),
    )


def together(material: Material) -> Counter[tuple[str, str]]:
    """By pair of species, in the order of their codes."""
    pairs: Counter[tuple[str, str]] = Counter()
    behind = material.recordings.select("primary_label", other=pl.col("secondary_labels")).drop_nulls()
    for one, other in behind.explode("other").drop_nulls().iter_rows():
        if one != other:
            pairs[_pair(one, other)] += 1
    # Recording by recording: all calls against all others would not fit into memory.
    for _, calls in material.catalog.annotations.sort("start").group_by("recording", maintain_order=True):
        going_on: list[tuple[float, str]] = []
        for start, end, label in calls.select("start", "end", "label").iter_rows():
            going_on = [call for call in going_on if call[0] > start]
            pairs.update(_pair(label, other) for _, other in going_on if other != label)
            going_on.append((end, label))
    return pairs


def _cell(number: int, most: int) -> tuple[str, str]:
    depth = round(100 * (number / most) ** 0.5)
    kind = "heat deep" if depth > 55 else "heat"
    return (f'<span style="--depth:{depth}%">{count(number)}</span>' if number else "", kind)


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)
