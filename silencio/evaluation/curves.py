"""How well a model does as things get harder: for each condition a curve, not a single figure.

means = mean_precisions(trials, truth, scores, resamples=1000, seed=7)
curves = curves_of(trials, means, None)
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from silencio.evaluation.bootstrap import Estimate
from silencio.evaluation.metrics import Floats, macro, resampled
from silencio.evaluation.resampling import Resampling, figure_of
from silencio.evaluation.trials.trials import BAND, CLEAN, CLIPPED, CODEC, OVERLAY, WEAKENED, Trials
from silencio.evaluation.truth import Scores, Truth

NOISES = ("wind", "rain", "chainsaw", "speech")


@dataclass(frozen=True)
class Point:
    level: float | None
    """How much of it, in the curve's unit; None for the windows as they are, and for codecs."""
    name: str
    """How a reader calls the level."""
    windows: int
    candidate: Estimate
    """Macro mAP over these windows."""
    champion: Estimate | None


@dataclass(frozen=True)
class Curve:
    mode: str
    title: str
    unit: str
    """Of the levels, as a reader is told what they are."""
    points: tuple[Point, ...]
    """From the windows as they are to where it is hardest."""


@dataclass(frozen=True)
class Condition:
    mode: str
    level: float | None
    name: str


Means = Mapping[Condition, Floats]
"""Macro mAP in each condition, [1 + resamples], the figure itself first; all resampled alike."""
AS_THEY_ARE = Condition(CLEAN, None, "")


@dataclass(frozen=True)
class Mode:
    name: str
    title: str
    unit: str
    sign: int
    """1 where more of it is harder, -1 where less is."""


SNR = "dB of the window over the noise"
MODES = (
    Mode(OVERLAY, "Two calls at once", "dB that the other call is louder", 1),
    Mode(WEAKENED, "Farther away", "dB fainter, over the recorder's own noise", 1),
    *(Mode(noise, noise.capitalize(), SNR, -1) for noise in NOISES),
    Mode(CLIPPED, "Too loud for the microphone", "of samples clipped", 1),
    Mode(BAND, "A dull microphone", "hears nothing above", -1),
    Mode(CODEC, "Re-encoded", "lossy file", 1),
)


def mean_precisions(trials: Trials, truth: Truth, scores: Scores, *, resamples: int, seed: int) -> Means:
    """scores: [trials, classes]. Every condition is resampled by the same draws of recordings."""
    table = trials.table.with_row_index("row").filter(pl.col("window").is_not_null())
    if not len(table):
        return {}
    targets = trials.targets(truth)
    drawn = Resampling.of(table["recording"].to_list(), resamples, seed)
    group_of = dict(zip(table["row"].to_list(), drawn.groups.tolist(), strict=True))
    means = {}
    for (mode, level, name), rows in table.group_by("mode", "level", "name", maintain_order=True):
        at = rows["row"].to_numpy()
        groups = np.array([group_of[row] for row in at.tolist()])
        means[Condition(str(mode), level, str(name))] = macro(
            resampled(targets[at], scores[at], groups, drawn.counts)["map"]
        )
    return means


def curves_of(trials: Trials, candidate: Means, champion: Means | None) -> tuple[Curve, ...]:
    """The champion's means may come of pictures of its own; the conditions are the same."""
    counted = trials.table.group_by("mode", "level", "name").len().rows()
    windows = {Condition(mode, level, name): count for mode, level, name, count in counted}

    def point(condition: Condition) -> Point:
        before = None if champion is None else figure_of(champion[condition])
        new = figure_of(candidate[condition])
        return Point(condition.level, _name(condition), windows[condition], new, before)

    curves = []
    for mode in MODES:
        harder = along(candidate, mode)
        if harder:
            points = tuple(map(point, (AS_THEY_ARE, *harder)))
            curves.append(Curve(mode.name, mode.title, mode.unit, points))
    return tuple(curves)


def along(means: Means, mode: Mode) -> list[Condition]:
    """The conditions of one mode, from the mildest on; codecs stay in their order."""
    of_it = [condition for condition in means if condition.mode == mode.name]
    return sorted(of_it, key=lambda condition: mode.sign * (condition.level or 0.0))


def _name(condition: Condition) -> str:
    level = condition.level
    if level is None:
        return condition.name.replace("_", ", ") or "as it is"
    if condition.mode == CLIPPED:
        return f"{100 * level:g} %"
    if condition.mode == BAND:
        return f"{level / 1000:g} kHz"
    return f"{level:g} dB".replace("-", "−")
