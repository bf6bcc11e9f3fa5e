"""What changed: bands, parts of the day, recorders and species, in the latest alarm, or else in the latest block."""

from collections.abc import Callable, Sequence
from html import escape

import numpy as np

from silencio.data.report.drawing import line, plot, svg
from silencio.data.report.markup import Cell, figure, key, table
from silencio.evaluation.page.plots import Bar, axis_around, bars
from silencio.monitoring import measures
from silencio.monitoring.blocks import span
from silencio.monitoring.drift import Look
from silencio.monitoring.judges import ALL, Aspect
from silencio.monitoring.normal import PARTS, Normal, Sample
from silencio.monitoring.reference import BINS, Reference, frequencies_of, histogram

Bands = tuple[tuple[int, int], ...]

MOST_ROWS = 16
NOW, BEFORE = ("value", "now"), ("before-mark", "what the champion knew")
LOUD, HEAT = 3.0, 6.0
"""dB: from here on a change is easily heard, and drawn as strong as it gets."""


def changed(test: Aspect, looks: Sequence[Look], reference: Reference) -> str:
    look = next((one for one in reversed(looks) if one.alarm), looks[-1])
    title = f"What changed, {span(look.block)}"
    match test:
        case Aspect.INPUT:
            about = "how much louder each band is against the others than usual, where nobody calls"
            return _bands(look, title, reference.bands, about, _db) + _recorders(look, reference)
        case Aspect.CALLS:
            about = (
                "in which bands what calls stands out more or less than usual, in hundredths of its height"
            )
            return _bands(look, title, reference.call_bands, about, _hundredths)
        case Aspect.CONFIDENCE:
            return _confidences(look, title, reference)
        case Aspect.LABELS:
            return _species(look, title, reference)
        case Aspect.FEEDBACK:
            return _wrong(looks, reference)


def _bands(look: Look, title: str, hz: Bands, about: str, say: Callable[[float], str]) -> str:
    moved = look.strange.moved
    axis = axis_around(moved)
    zero = 100 * axis.share(0)
    lines = []
    for (low, high), by in zip(hz, moved, strict=True):
        left, right = sorted((zero, 100 * axis.share(by)))
        kind = "louder" if by > 0 else "quieter"
        place = f'x="{left:.2f}%" width="{right - left:.2f}%" y="4" height="10" rx="2"'
        bar = f'<rect class="{kind}" {place}/>'
        middle = f'<line class="zero" x1="{zero:.2f}%" x2="{zero:.2f}%" y1="0" y2="18"/>'
        lines.append(line(_hz(low, high), svg([middle, bar], 18), say(by)))
    alt = f"{title}, {look.strange.whose}: " + ", ".join(
        f"{_hz(*band)} {say(by)}" for band, by in zip(hz, moved, strict=True)
    )
    return figure(title, plot([*lines, line("", axis.scale, "")], alt), about=f"{_whose(look)}: {about}.")


def _recorders(look: Look, reference: Reference) -> str:
    """The strongest change of any band, by recorder and part of the day."""
    assert reference.input is not None, "a test that looked has something to hold against"
    groups: dict[str, dict[str, list[Sample]]] = {}
    for sample in measures.of_input(look.block.observed):
        groups.setdefault(sample.whose or "unknown", {}).setdefault(sample.part, []).append(sample)
    all_day = {name: [one for part in parts.values() for one in part] for name, parts in groups.items()}
    strongest = {name: _strongest(reference.input, all_day[name]) for name in groups}
    shown = sorted(groups, key=lambda name: (-strongest[name], name))[:MOST_ROWS]
    heads: list[Cell] = [
        ("Recorder", ""),
        *((name, "n") for _, name in PARTS),
        ("All day", "n"),
        ("Recordings", "n"),
    ]
    rows = [
        [
            (escape(name), "name"),
            *(_heat(reference.input, groups[name].get(part, [])) for _, part in PARTS),
            _heat(reference.input, all_day[name]),
            (str(len(all_day[name])), "n"),
        ]
        for name in shown
    ]
    about = "dB by which the band that changed most moved. A dash: nothing was recorded then."
    more = f" The {MOST_ROWS} that changed most of {len(groups)}." if len(groups) > MOST_ROWS else ""
    return figure(
        "By recorder and part of the day",
        table("By recorder.", heads, rows, "heat-table"),
        about=about + more,
    )


def _strongest(usual: Normal, samples: Sequence[Sample]) -> float:
    return float(np.abs(usual.surprise(samples).moved).max())


def _heat(usual: Normal, samples: Sequence[Sample]) -> Cell:
    if not samples:
        return "\N{EN DASH}", "n"
    by = _strongest(usual, samples)
    depth = f"{100 * min(by / HEAT, 1):.0f}%"
    return f'<span style="--depth:{depth}">{by:.1f}</span>', f"n heat{' deep' if by > LOUD else ''}"


def _confidences(look: Look, title: str, reference: Reference) -> str:
    now = histogram(look.block.observed)
    rows = [
        Bar(f"{10 * k}\N{EN DASH}{10 * (k + 1)} %", f"{share:.0%}, was {before:.0%}", share, before)
        for k, (share, before) in enumerate(zip(now, reference.confidences, strict=True))
    ]
    alt = f"{title}: " + ", ".join(f"{row.label} {row.note}" for row in rows)
    about = f"The share of recordings by the confidence of their surest species, in {BINS} classes."
    return figure(title, bars(rows, alt), about=about, key=key([NOW, BEFORE]))


def _species(look: Look, title: str, reference: Reference) -> str:
    now, before = frequencies_of(look.block.observed), reference.frequencies
    codes = sorted(now.keys() | before.keys(), key=lambda c: (-abs(now.get(c, 0) - before.get(c, 0)), c))
    rows = [
        Bar(
            code,
            f"{now.get(code, 0):.0%}, was {before.get(code, 0):.0%}",
            now.get(code, 0),
            before.get(code, 0),
        )
        for code in codes[:MOST_ROWS]
    ]
    alt = f"{title}: " + ", ".join(f"{row.label} {row.note}" for row in rows)
    watched = ", ".join(reference.species)
    about = f"The share of recordings in which a species is heard, those that changed most first. Watched: {watched}."
    return figure(title, bars(rows, alt), about=about, key=key([NOW, BEFORE]))


def _wrong(looks: Sequence[Look], reference: Reference) -> str:
    before = reference.wrong / reference.judged
    rows = []
    for look in looks[-MOST_ROWS:]:
        wrong = sum(o.right is False for o in look.block.observed)
        n = len(look.block.observed)
        rows.append(Bar(span(look.block), f"{wrong} of {n}", wrong / n, before))
    alt = "The share of wrong answers: " + ", ".join(f"{row.label} {row.note}" for row in rows)
    about = "Of the recordings that guides judged. The mark: on recordings that the model never learned from."
    return figure("How often the answer was wrong", bars(rows, alt), about=about, key=key([NOW, BEFORE]))


def _whose(look: Look) -> str:
    n, whose = look.strange.recordings, look.strange.whose
    return f"{n} recordings" if whose == ALL else f"{n} recordings of {whose}"


def _hz(low: int, high: int) -> str:
    return f"{low / 1000:.1f}\N{EN DASH}{high / 1000:.1f} kHz"


def _hundredths(by: float) -> str:
    return f"{100 * by:+.0f}".replace("-", "\N{MINUS SIGN}")


def _db(by: float) -> str:
    return f"{by:+.1f} dB".replace("-", "\N{MINUS SIGN}")
