"""The Report hand-over: report.json, slices.parquet, report.html and report.md in one folder.

    write_report(folder, evaluate(...), truth, candidate, identity)
    read_report(folder).result.decision

The folder holds no time and no path of its own: the same evaluation has the same digest.
"""

from collections.abc import Mapping
from math import nan
from pathlib import Path
from typing import Any

import polars as pl

from silencio.errors import SilencioError
from silencio.evaluation.bootstrap import Estimate
from silencio.evaluation.evaluate import EvaluationResult
from silencio.evaluation.figures import Figure
from silencio.evaluation.markdown import summary_markdown
from silencio.evaluation.page import render
from silencio.evaluation.record import Report, from_json, to_json
from silencio.evaluation.searched import Search
from silencio.evaluation.sounds import Sounds
from silencio.evaluation.truth import Scores, Truth
from silencio.evaluation.worst import worst_mistakes

JSON, TABLE, PAGE, SUMMARY = "report.json", "slices.parquet", "report.html", "report.md"


def write_report(
    folder: Path,
    result: EvaluationResult,
    truth: Truth,
    candidate: Scores,
    identity: Mapping[str, Any],
    *,
    sounds: Sounds | None = None,
    search: Search | None = None,
) -> None:
    """candidate: [windows, classes]. Equal arguments give equal bytes: what may change is in `identity`.

    With `sounds`, the worst mistakes can be seen and heard in the page; with `search`, why this variant was chosen.
    """
    report = Report(result, worst_mistakes(truth, candidate), identity, search)
    heard = [sounds(mistake.recording, mistake.start) for mistake in report.mistakes] if sounds else []
    folder.mkdir(parents=True, exist_ok=True)
    (folder / JSON).write_text(to_json(report), encoding="utf-8")
    slice_table(result).write_parquet(folder / TABLE)
    (folder / PAGE).write_text(render(report, heard), encoding="utf-8")
    (folder / SUMMARY).write_text(summary_markdown(report), encoding="utf-8")


def read_report(folder: Path) -> Report:
    path = folder / JSON
    if not path.is_file():
        raise SilencioError(f"There is no {JSON} in {folder}.", "Name a report's folder, or evaluate again.")
    return from_json(path.read_text(encoding="utf-8"), str(path))


def slice_table(result: EvaluationResult) -> pl.DataFrame:
    """One row a slice and metric; null where nothing could be measured."""
    table = pl.DataFrame([_row(figure) for figure in result.figures], schema=_schema())
    return table.with_columns(pl.col(pl.Float64).fill_nan(None))


def _schema() -> dict[str, type[pl.DataType]]:
    counts = dict.fromkeys(("windows", "recordings", "classes"), pl.Int64)
    values = {
        f"{whose}{part}": pl.Float64
        for whose in ("candidate", "champion", "difference")
        for part in ("", "_low", "_high")
    }
    return {"slice": pl.String, "metric": pl.String, "gated": pl.Boolean, **counts, **values}


def _row(figure: Figure) -> dict[str, Any]:
    return {
        "slice": figure.slice,
        "metric": figure.metric,
        "gated": figure.gated,
        "windows": figure.windows,
        "recordings": figure.recordings,
        "classes": figure.classes,
        **_columns("candidate", figure.candidate),
        **_columns("champion", figure.champion),
        **_columns("difference", figure.difference),
    }


def _columns(whose: str, estimate: Estimate | None) -> dict[str, float]:
    e = estimate or Estimate(nan)
    return {whose: e.value, f"{whose}_low": e.low, f"{whose}_high": e.high}
