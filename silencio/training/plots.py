"""A training's curves, as a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from silencio.training.epoch import Epoch

BLUE, ORANGE, GREY = "#2b6cb0", "#c05621", "#718096"


@dataclass(frozen=True)
class Panel:
    title: str
    lines: Mapping[str, str]
    """The names of figures, and their colours."""


PANELS = (
    Panel("loss", {"loss": BLUE, "validation_loss": ORANGE}),
    Panel("validation mAP", {"validation_map": ORANGE}),
    Panel("learning rate", {"learning_rate": GREY}),
    Panel("windows per second", {"windows_per_second": GREY}),
)


def draw_curves(history: Sequence[Epoch], title: str, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    curves(history, title).savefig(path)
    return path


def curves(history: Sequence[Epoch], title: str) -> Figure:
    """Loss, validation mAP, learning rate and pace over the epochs; a panel that has no figures stays away."""
    drawn = [panel for panel in PANELS if any(_points(history, name) for name in panel.lines)]
    # No pyplot: it keeps figures, and wants to be the main thread's.
    figure = Figure(figsize=(9, 3.1 * ((len(drawn) + 1) // 2)), dpi=110, layout="constrained")
    figure.suptitle(title, fontsize=11)
    for number, panel in enumerate(drawn):
        _draw(figure.add_subplot((len(drawn) + 1) // 2, 2, number + 1), panel, history)
    return figure


def _draw(axes: Axes, panel: Panel, history: Sequence[Epoch]) -> None:
    highest, title = 0.0, panel.title
    for name, colour in panel.lines.items():
        points = _points(history, name)
        if points:
            axes.plot(*zip(*points, strict=True), color=colour, marker="o", markersize=3, label=_said(name))
            highest = max([highest, *(value for _, value in points if isfinite(value))])
    best = max(_points(history, "validation_map"), key=lambda point: point[::-1], default=None)
    if best and "validation_map" in panel.lines:
        axes.plot(*best, "o", color=ORANGE, markersize=8, fillstyle="none")
        title = f"{title}: {best[1]:.3f} after epoch {best[0]}"
    if len(panel.lines) > 1:
        axes.legend(frameon=False)
    axes.set_title(title, fontsize=10, loc="left")
    axes.set_xlabel("epoch")
    axes.set_xlim(0.5, history[-1].number + 0.5)
    axes.set_ylim(0, 1.08 * highest or 1)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def _points(history: Sequence[Epoch], name: str) -> list[tuple[int, float]]:
    return [(epoch.number, value) for epoch in history if (value := epoch.figures().get(name)) is not None]


def _said(name: str) -> str:
    return {"loss": "training", "validation_loss": "validation"}.get(name, name)
