"""The report of a cross-validation: crossval.json, folds.png and, of species that fit a page, confusion.png."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from silencio.evaluation.accuracy import Counts
from silencio.evaluation.folds import FOLD_METRICS, Fold, as_facts, over_folds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

JSON, FOLDS, CONFUSION = "crossval.json", "folds.png", "confusion.png"
MOST_CLASSES = 20
"""That a confusion is drawn of: more are not legible."""
NAMES = {"accuracy": "accuracy", "map": "mAP", "roc_auc": "ROC-AUC"}
INK, BAND = "#1f6f54", "#bfe0d2"


def write_crossval(folder: Path, by: str, folds: Sequence[Fold]) -> Mapping[str, Any]:
    """The facts. Equal folds give equal bytes."""
    facts = {"by": by} | as_facts(folds)
    labels, counts = folds[0].labels, sum((fold.counts for fold in folds), np.zeros_like(folds[0].counts))
    content = facts | {"labels": labels, "confusion": counts.tolist()}
    (folder / JSON).write_text(json.dumps(content, indent=2, allow_nan=False) + "\n")
    draw_folds(folder / FOLDS, by, folds)
    if len(labels) <= MOST_CLASSES and counts.any():
        draw_confusion(folder / CONFUSION, labels, counts)
    return facts


def draw_folds(path: Path, by: str, folds: Sequence[Fold]) -> None:
    """A dot a fold; the line is their mean, the band its interval."""
    from matplotlib.figure import Figure

    overall = over_folds(folds)
    figure = Figure(figsize=(9, 1.4 + 0.32 * len(folds)), layout="constrained")
    panels: Sequence[Axes] = figure.subplots(1, len(FOLD_METRICS), sharey=True)
    places = range(len(folds))
    for panel, metric in zip(panels, FOLD_METRICS, strict=True):
        mean = overall[metric]
        if mean.has_interval:
            panel.axvspan(mean.low, min(mean.high, 1), color=BAND, lw=0)
        panel.axvline(mean.value, color=INK, lw=1)
        panel.plot([getattr(fold, metric) for fold in folds], places, "o", color=INK)
        panel.margins(x=0.1)
        panel.set_title(f"{NAMES[metric]} {mean.value:.3f}", fontsize=10)
        panel.grid(axis="x", color="0.9")
        panel.set_axisbelow(True)
        panel.spines[["top", "right", "left"]].set_visible(False)
        panel.tick_params(axis="y", length=0)
    panels[0].set_yticks(places, [f"{by} {fold.name}" for fold in folds])
    panels[0].invert_yaxis()
    figure.savefig(path, dpi=120)


def draw_confusion(path: Path, labels: Sequence[str], counts: Counts) -> None:
    """Of all folds together, in shares of each species' recordings."""
    from matplotlib.figure import Figure

    asked = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(asked, 1)
    size = 2.2 + 0.42 * len(labels)
    figure = Figure(figsize=(size, size), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Greens", vmin=0, vmax=1)
    for row, column in zip(*np.nonzero(counts), strict=True):
        colour = "white" if shares[row, column] > 0.6 else "black"
        axes.text(column, row, counts[row, column], ha="center", va="center", fontsize=8, color=colour)
    axes.set_xticks(range(len(labels)), labels, rotation=90)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xlabel("taken for")
    axes.set_ylabel("recordings of")
    figure.savefig(path, dpi=120)
