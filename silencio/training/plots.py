"""A training's curves, as a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    """Loss, validation mAP, learning rate and pace over the epochs; a panel that nobody has figures for stays away."""
    drawn = [panel for panel in PANELS if any(_points(history, name) for name in panel.lines)]
    # No pyplot: it keeps figures, and wants to be the main thread's.
    figure = Figure(figsize=(9, 3.1 * ((len(drawn) + 1) // 2)), dpi=110, layout="constrained")
    figure.suptitle(title, fontsize=11)
    for number, panel in enumerate(drawn):
        _draw(figure.add_subplot((len(drawn) + 1) // 2, 2, number + 1), panel, history)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    return path


def _draw(axes: Axes, panel: Panel, history: Sequence[Epoch]) -> None:
    for name, colour in panel.lines.items():
        points = _points(history, name)
        if points:
            axes.plot(*zip(*points, strict=True), color=colour, marker="o", markersize=3, label=_said(name))
    best = max(_points(history, "validation_map"), key=lambda point: point[1], default=None)
    if best and "validation_map" in panel.lines:
        axes.annotate(
            f"{best[1]:.3f}, epoch {best[0]}", best, (0, -12), textcoords="offset points", ha="center"
        )
        axes.plot(*best, "o", color=ORANGE, markersize=7, fillstyle="none")
    if len(panel.lines) > 1:
        axes.legend(frameon=False)
    axes.set_title(panel.title, fontsize=10, loc="left")
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def _points(history: Sequence[Epoch], name: str) -> list[tuple[int, float]]:
    return [(epoch.number, value) for epoch in history if (value := epoch.figures().get(name)) is not None]


def _said(name: str) -> str:
    return {"loss": "training", "validation_loss": "validation"}.get(name, name)
