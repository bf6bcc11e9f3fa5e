"""Before and after, in each era, as one picture."""

from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from silencio.evaluation.bootstrap import Estimate
    from silencio.evaluation.eras import Era

BEFORE, AFTER = "#9aa5a0", "#2f7d5b"
TITLES = {"older": "On older recordings", "newer": "On newer recordings"}


def draw(eras: Sequence["Era"], path: Path) -> None:
    """A panel an era: all species on top, then each. Equal figures give equal bytes on the same machine."""
    lines = 1 + max(len(era.classes) for era in eras)
    figure = Figure(figsize=(5 * len(eras), 1.3 + 0.24 * lines), layout="constrained")
    for axes, era in zip(figure.subplots(1, len(eras), sharey=True, squeeze=False)[0], eras, strict=True):
        _panel(axes, era)
    figure.savefig(path, dpi=110, metadata={"Software": None})


def _panel(axes: "Axes", era: "Era") -> None:
    names = ["all species (mAP)", *(c.label for c in era.classes)]
    before = [era.before.value, *(c.champion_average_precision for c in era.classes)]
    after = [era.after.value, *(c.average_precision for c in era.classes)]
    for line, (old, new) in enumerate(zip(before, after, strict=True)):
        if old is not None and isfinite(old) and isfinite(new):
            axes.plot(
                [old, new], [line, line], color=AFTER if new >= old else "#b3573f", linewidth=1.5, zorder=1
            )
            axes.scatter([old], [line], color=BEFORE, s=28, zorder=2)
            axes.scatter([new], [line], color=AFTER, s=28, zorder=3)
    axes.scatter([], [], color=BEFORE, s=28, label="before")
    axes.scatter([], [], color=AFTER, s=28, label="after")
    axes.axhline(0.5, color="#dddddd", linewidth=1)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_ylim(len(names) - 0.5, -0.7)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel("average precision", fontsize=9)
    axes.set_title(f"{TITLES[era.name]}: {_said(era.gain)}", fontsize=10, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower left", fontsize=8, frameon=False)


def _said(gain: "Estimate") -> str:
    if not isfinite(gain.value):
        return "nothing to judge on"
    interval = f" ({gain.low:+.3f} to {gain.high:+.3f})" if gain.has_interval else ""
    return f"{gain.value:+.3f}{interval}"
