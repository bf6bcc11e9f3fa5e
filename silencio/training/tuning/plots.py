"""A search in three pictures: how it went, what mattered, and where the good values lie."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from silencio.experiment import in_yaml
from silencio.settings import Range
from silencio.training.tuning.space import Space
from silencio.training.tuning.study import Tried

HISTORY, IMPORTANCE, VALUES = "history.png", "importance.png", "values.png"
INK, PALE = "#1f6f54", "#b5b5b5"
SIDE_BY_SIDE = 3


def draw(folder: Path, space: Space, tried: Sequence[Tried], importances: Mapping[str, float]) -> list[Path]:
    """The files that were drawn: of a search without a complete trial there is nothing to see."""
    if not any(t.complete for t in tried):
        return []
    pictures = {HISTORY: history(tried), VALUES: values(space, tried)}
    if importances:
        pictures[IMPORTANCE] = importance(importances)
    for name, figure in pictures.items():
        figure.savefig(folder / name, dpi=120)
    return [folder / name for name in pictures]


def history(tried: Sequence[Tried]) -> Figure:
    """Every trial's figure, and the best until then."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = _plain(figure.subplots())
    _dots(axes, tried, {t.number: t.number for t in tried})
    complete = [t for t in tried if t.complete]
    best = list(accumulate(map(_height, complete), max))
    axes.step([t.number for t in complete], best, where="post", color=INK, lw=1, label="best so far")
    axes.set_xlabel("trial")
    axes.set_ylabel("validation mAP")
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def importance(importances: Mapping[str, float]) -> Figure:
    figure = Figure(figsize=(8, 1.2 + 0.35 * len(importances)), layout="constrained")
    axes = _plain(figure.subplots())
    bars = axes.barh(list(importances), list(importances.values()), color=INK, height=0.6)
    axes.bar_label(bars, fmt="%.2f", padding=3, fontsize=9)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xlabel("share of what the complete trials differ by (fANOVA)")
    return figure


def values(space: Space, tried: Sequence[Tried]) -> Figure:
    """A panel a key: what was drawn, and how it did."""
    keys = list(space.distributions)
    columns = min(SIDE_BY_SIDE, len(keys))
    rows = -(-len(keys) // columns)
    figure = Figure(figsize=(3.4 * columns, 2.9 * rows), layout="constrained")
    panels = list(figure.subplots(rows, columns, sharey=True, squeeze=False).flat)
    for key, panel in zip(keys, panels, strict=False):
        _plain(panel)
        searched = space.experiment.tuning.space[key]
        if searched.choices:
            names = [in_yaml(choice) for choice in searched.choices]
            places: dict[int, Any] = {t.number: names.index(in_yaml(t.values[key])) for t in tried}
            panel.set_xticks(range(len(names)), names, fontsize=8)
            panel.margins(x=0.2)
        else:
            places = {t.number: t.values[key] for t in tried}
            panel.set_xlim(_around(searched))
        if searched.log:
            panel.set_xscale("log")
        _dots(panel, tried, places)
        panel.set_xlabel(key, fontsize=9)
    for panel in panels[len(keys) :]:
        panel.set_visible(False)
    for row in range(rows):
        figure.axes[row * columns].set_ylabel("validation mAP")
    figure.axes[0].legend(frameon=False, fontsize=8)
    return figure


def _dots(axes: Axes, tried: Sequence[Tried], places: Mapping[int, Any]) -> None:
    best = max((t for t in tried if t.complete), key=_height)
    for how, mark, colour in (("complete", "o", INK), ("cut short", "x", PALE)):
        if drawn := [t for t in tried if t.how == how and t.map is not None]:
            heights = [_height(t) for t in drawn]
            axes.plot([places[t.number] for t in drawn], heights, mark, color=colour, label=how)
    axes.plot(places[best.number], _height(best), "o", ms=13, mfc="none", color=INK, label="best")


def _height(trial: Tried) -> float:
    return trial.map or 0.0


def _around(searched: Range) -> tuple[float, float]:
    """The whole range, also where nothing was tried, with a little room."""
    low, high = float(searched.low or 0), float(searched.high or 0)
    if searched.log:
        room = (high / low) ** 0.05
        return low / room, high * room
    room = 0.05 * (high - low)
    return low - room, high + room


def _plain(axes: Axes) -> Axes:
    axes.grid(color="0.92")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return axes
