"""What a retraining gained on the new and lost on the old: mAP on the test windows of each era, before and after.

eras.json  eras.parquet (a row an era and species)  eras.png

Like is judged with like: on windows that are labelled in time where both eras have some, else on whole clips.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite, nan
from pathlib import Path
from typing import Any

import polars as pl

from silencio.data.windows.store import Windows
from silencio.evaluation.answers import Answers
from silencio.evaluation.bootstrap import Estimate
from silencio.evaluation.contestant import Contestant
from silencio.evaluation.era_plot import draw
from silencio.evaluation.figures import ClassFigure, Figure, measure, measure_classes
from silencio.evaluation.judged import Judged, judged, numbered
from silencio.evaluation.record import without_nan
from silencio.evaluation.run import checkpoint_scores
from silencio.evaluation.slices import Slice
from silencio.evaluation.truth import Scores, Truth
from silencio.evaluation.wording import interval, number, signed
from silencio.handover import Handover, Kind
from silencio.identity import code_digest
from silencio.settings import Experiment
from silencio.training.checkpoint import Checkpoint
from silencio.workspace import Workspace

log = logging.getLogger(__name__)

ERAS = ("older", "newer")
JSON, TABLE, PLOT = "eras.json", "eras.parquet", "eras.png"


@dataclass(frozen=True)
class Era:
    figure: Figure
    """mAP after (`candidate`), before (`champion`), and their difference, paired over recordings; NaN where the test
    part has nothing of this era."""
    classes: tuple[ClassFigure, ...]

    @property
    def name(self) -> str:
        return self.figure.slice

    @property
    def before(self) -> Estimate:
        return self.figure.champion or Estimate(nan)

    @property
    def after(self) -> Estimate:
        return self.figure.candidate

    @property
    def gain(self) -> Estimate:
        return self.figure.difference or Estimate(nan)


def report_eras(
    experiment: Experiment,
    windows: Windows,
    checkpoint: Checkpoint,
    workspace: Workspace,
    champion: Contestant,
) -> Handover:
    """The facts are `gain_new` and `loss_old`, and mAP before and after of both eras; None where nothing judges."""
    inputs = {
        "report": "eras",
        "windows": windows.handover.digest,
        "checkpoint": checkpoint.handover.digest,
        "champion": champion.digest,
        "resamples": experiment.evaluation.resamples,
        "seed": experiment.seed,
        "code": code_digest("evaluation"),
    }

    def build(folder: Path) -> Mapping[str, Any]:
        tested, strong = judged_in_eras(windows)
        after, before = checkpoint_scores(checkpoint, windows, tested), champion.scores(tested)
        measured = compare_eras(
            windows, tested, after, before, experiment.evaluation.resamples, experiment.seed
        )
        content = {
            "labelled": "in time" if strong else "as a whole",
            "eras": [asdict(era) for era in measured],
        }
        (folder / JSON).write_text(json.dumps(without_nan(content), indent=2, allow_nan=False) + "\n")
        species_table(measured).write_parquet(folder / TABLE)
        draw(measured, folder / PLOT)
        return facts_of(measured)

    return workspace.produce(Kind.REPORT, inputs, build)


def judged_in_eras(windows: Windows) -> tuple[Judged, bool]:
    """The test windows, of the kind that more eras have, and whether they are labelled in time."""
    index = numbered(windows, "test")
    in_time, whole = (index.filter(pl.col("strong") == strong) for strong in (True, False))
    strong = len(_eras(in_time)) >= len(_eras(whole))
    chosen = in_time if strong else whole
    for era in sorted(set(ERAS) - _eras(chosen)):
        log.warning("nothing judges the %s era: the test part has no windows of it", era)
    return judged(windows, chosen), strong


def compare_eras(
    windows: Windows, tested: Judged, after: Scores, before: Scores, resamples: int, seed: int
) -> tuple[Era, ...]:
    """after, before: [windows, classes], as the truth."""
    index = windows.index[tested.rows]
    slices = [_slice(name, index.filter(_of(name))["recording"].unique()) for name in ERAS]
    candidate, champion = Answers.at(after), Answers.at(before)
    figures = measure(
        tested.truth, candidate, champion, slices, resamples=resamples, seed=seed, metrics=["map"]
    )
    by_name = {figure.slice: figure for figure in figures}
    eras = []
    for chosen in slices:
        rows = chosen.rows(tested.truth)
        truth = Truth(tested.truth.labels, tested.truth.targets[rows], tested.truth.facts.filter(rows))
        eras.append(Era(by_name[chosen.name], measure_classes(truth, candidate.of(rows), champion.of(rows))))
    return tuple(eras)


def species_table(eras: tuple[Era, ...]) -> pl.DataFrame:
    """Era, species, windows in which it calls, its average precision before and after; null where it never does."""
    rows = [
        (era.name, c.label, c.windows, c.champion_average_precision, c.average_precision)
        for era in eras
        for c in era.classes
    ]
    schema = {
        "era": pl.String,
        "species": pl.String,
        "windows": pl.Int64,
        "before": pl.Float64,
        "after": pl.Float64,
    }
    return pl.DataFrame(rows, schema, orient="row").with_columns(pl.col(pl.Float64).fill_nan(None))


def facts_of(eras: tuple[Era, ...]) -> dict[str, float | None]:
    older, newer = eras
    figures = {
        "gain_new": newer.gain.value,
        "gain_new_low": newer.gain.low,
        "gain_new_high": newer.gain.high,
        "loss_old": -older.gain.value,
        "loss_old_low": -older.gain.high,
        "loss_old_high": -older.gain.low,
        "before_new": newer.before.value,
        "after_new": newer.after.value,
        "before_old": older.before.value,
        "after_old": older.after.value,
    }
    return {name: value if isfinite(value) else None for name, value in figures.items()}


def lines(report: Handover) -> list[list[str]]:
    """The report's table: era, mAP before, after, gain, its interval, recordings."""
    eras = json.loads((report / JSON).read_text())["eras"]
    return [_line(era["figure"]) for era in eras]


def _line(figure: Mapping[str, Any]) -> list[str]:
    before, after, gain = (figure[whose] for whose in ("champion", "candidate", "difference"))
    told = [number(before["value"]), number(after["value"]), signed(gain["value"])]
    low, high = (nan if gain[end] is None else gain[end] for end in ("low", "high"))
    return [figure["slice"], *told, interval(low, high, sign=True), str(figure["recordings"])]


def _slice(name: str, recordings: pl.Series) -> Slice:
    return Slice(
        name,
        name.capitalize(),
        f"Recordings of the {name} era.",
        pl.col("recording").is_in(recordings.implode()),
    )


def _of(era: str) -> pl.Expr:
    """What nobody dated counts as older, as in training."""
    return pl.col("era").fill_null(ERAS[0]) == era


def _eras(index: pl.DataFrame) -> set[str]:
    return set(index["era"].fill_null(ERAS[0]))
