"""Candidate against champion, slice by slice, and by every metric."""

from collections.abc import Iterable, Sequence
from html import escape

from silencio.data.report.markup import Cell, Section, figure, folded, key, side_by_side, table
from silencio.evaluation.bootstrap import Estimate
from silencio.evaluation.evaluate import EvaluationResult
from silencio.evaluation.figures import Figure
from silencio.evaluation.page.plots import UNIT, Mark, Row, axis_around, dots_and_intervals
from silencio.evaluation.slices import OVERALL, SLICES, title_of
from silencio.evaluation.wording import METRIC_TITLES, interval, number, signed, windows
from silencio.settings.judging import FAMILIES

FAMILY_TITLES = {"month": "By month", "site": "By site"}
CANDIDATE, CHAMPION = ("candidate", "candidate"), ("champion", "champion")


def slices(result: EvaluationResult) -> Section:
    of_map = [f for f in result.figures if f.metric == "map"]
    gated = [f for f in of_map if f.gated]
    shown = [f for f in of_map if not f.gated and _family(f.slice) is None]
    body = f'<p class="soft">{escape(_about_intervals(result))}</p>'
    body += _values("Macro mAP by slice", gated)
    if result.has_champion:
        body += _differences(gated)
    if shown:
        body += _values("Looked at besides: no gate rests on these", shown)
    families = {name: [f for f in of_map if _family(f.slice) == name] for name in FAMILIES}
    body += side_by_side([_values(FAMILY_TITLES[name], found) for name, found in families.items() if found])
    body += _metrics([f for f in result.figures if f.slice == OVERALL], result.has_champion)
    about = "".join(
        f"<dt>{escape(SLICES[f.slice].title)}</dt><dd>{escape(SLICES[f.slice].about)}</dd>"
        for f in of_map
        if f.slice in SLICES
    )
    body += folded("What is in each slice", f"<dl>{about}</dl>")
    body += folded(f"All {len(result.figures)} figures with their intervals", _table(result))
    return Section("slices", "Slices", body)


def _about_intervals(result: EvaluationResult) -> str:
    differences = "; those of the differences are wide enough to hold for all slices together"
    compared = differences if result.has_champion else ""
    return f"Intervals resample whole recordings: 95 % for a single figure{compared}."


def _family(name: str) -> str | None:
    kind, _, which = name.partition(" ")
    return kind if which and kind in FAMILIES else None


def _named(name: str) -> str:
    """A slice of a family stands below the family's title."""
    return title_of(name) if _family(name) is None else name.partition(" ")[2]


def _values(title: str, figures: Sequence[Figure]) -> str:
    rows = [
        Row(
            _named(f.slice),
            f"{number(f.candidate.value)} · {windows(f.windows)}",
            tuple(_marks(f)),
        )
        for f in figures
    ]
    alt = f"{title}, with intervals. " + " ".join(
        f"{title_of(f.slice)}: candidate {_spoken(f.candidate)}"
        + (f", champion {_spoken(f.champion)}." if f.champion else ".")
        for f in figures
    )
    return figure(title, dots_and_intervals(rows, UNIT, alt), key=_key(figures))


def _key(figures: Iterable[Figure]) -> str:
    compared = any(f.champion is not None for f in figures)
    return key([CANDIDATE, CHAMPION] if compared else [CANDIDATE])


def _differences(figures: Sequence[Figure]) -> str:
    known = [(f, f.difference) for f in figures if f.difference is not None]
    axis = axis_around([v for _, e in known for v in (e.value, e.low, e.high)])
    rows = [Row(title_of(f.slice), signed(e.value), (Mark(e, "candidate"),)) for f, e in known]
    alt = "Difference in macro mAP, candidate minus champion. " + " ".join(
        f"{title_of(f.slice)}: {signed(e.value)}, {interval(e.low, e.high, sign=True)}." for f, e in known
    )
    about = "On the same recordings: left of zero is worse."
    return figure("Candidate minus champion", dots_and_intervals(rows, axis, alt, zero=True), about=about)


def _metrics(overall: Sequence[Figure], compared: bool) -> str:
    heads = [
        ("Metric", ""),
        ("Candidate", "n"),
        *([("Champion", "n"), ("Difference", "n")] if compared else []),
    ]
    rows = []
    for f in overall:
        row: list[Cell] = [(escape(METRIC_TITLES[f.metric]), "name"), _with_interval(f.candidate)]
        if f.champion is not None and f.difference is not None:
            row += [_with_interval(f.champion), _with_interval(f.difference, sign=True)]
        rows.append(row)
    about = "On all windows. Of the calibration error, less is better; of all others, more."
    return figure("Every metric", table("Every metric, on all windows.", heads, rows), about=about)


def _table(result: EvaluationResult) -> str:
    heads = [("Slice", ""), ("Metric", ""), ("Windows", "n"), ("Recordings", "n"), ("Species", "n")]
    heads += [("Candidate", "n")]
    heads += [("Champion", "n"), ("Difference", "n")] if result.has_champion else []
    rows = []
    for f in result.figures:
        row = [(escape(title_of(f.slice)), ""), (escape(METRIC_TITLES[f.metric]), "name")]
        row += [(str(count), "n") for count in (f.windows, f.recordings, f.classes)]
        row += [_with_interval(f.candidate)]
        if f.champion is not None and f.difference is not None:
            row += [_with_interval(f.champion), _with_interval(f.difference, sign=True)]
        rows.append(row)
    return table("Below each figure its interval. A dash: nothing that could be measured.", heads, rows)


def _with_interval(e: Estimate, *, sign: bool = False) -> Cell:
    value = signed(e.value) if sign else number(e.value)
    return f"{value}<br><small>{interval(e.low, e.high, sign=sign)}</small>", "n"


def _marks(f: Figure) -> Iterable[Mark]:
    yield Mark(f.candidate, "candidate")
    if f.champion is not None:
        yield Mark(f.champion, "champion")


def _spoken(e: Estimate) -> str:
    return number(e.value) if not e.has_interval else f"{number(e.value)}, {interval(e.low, e.high)}"
