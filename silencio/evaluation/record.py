"""report.json: everything the page shows, as strict JSON, for the rooms that act on it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import isfinite
from typing import Any

import numpy as np

from silencio.errors import SilencioError
from silencio.evaluation.accuracy import Confusion
from silencio.evaluation.evaluate import EvaluationResult
from silencio.evaluation.rebuilt import rebuilt
from silencio.evaluation.searched import Search
from silencio.evaluation.worst import Mistake

VERSION = 2
"""Of the layout below; a reader refuses any other."""


@dataclass(frozen=True)
class Report:
    result: EvaluationResult
    mistakes: tuple[Mistake, ...]
    identity: Mapping[str, Any]
    """Whatever says what was judged, on which data, by which code and machine, and when. JSON values."""
    search: Search | None = None
    """Of a bundle: among which variants its model was chosen."""


def to_json(report: Report) -> str:
    result = asdict(replace(report.result, confusion=None))
    content = {
        "version": VERSION,
        "decision": result.pop("decision"),
        "identity": report.identity,
        **result,
        "confusion": _by_name(report.result),
        "mistakes": [asdict(mistake) for mistake in report.mistakes],
        "search": None if report.search is None else asdict(report.search),
    }
    return json.dumps(without_nan(content), indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def from_json(text: str, source: str) -> Report:
    """`source` is what an error calls the text."""
    content = json.loads(text)
    if content.get("version") != VERSION:
        raise SilencioError(
            f"{source} has the layout version {content.get('version')}; this code reads version {VERSION}.",
            "Evaluate again with this version of silencio.",
        )
    said, search = content.pop("confusion"), content["search"]
    result = rebuilt(EvaluationResult, content)
    return Report(
        replace(result, confusion=_counted(said, [c.label for c in result.classes])),
        tuple(rebuilt(Mistake, mistake) for mistake in content["mistakes"]),
        content["identity"],
        None if search is None else rebuilt(Search, search),
    )


def without_nan(value: Any) -> Any:
    """JSON knows no NaN: what could not be measured is null."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: without_nan(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(v) for v in value]
    return value


def _by_name(result: EvaluationResult) -> dict[str, dict[str, int]] | None:
    """{species: {taken for: how often}} without the zeros, which of 206 species are nearly all."""
    if result.confusion is None:
        return None
    labels = result.confusion.labels
    return {
        labels[row]: {labels[k]: int(counts[k]) for k in np.flatnonzero(counts)}
        for row, counts in enumerate(result.confusion.table())
        if counts.any()
    }


def _counted(said: Mapping[str, Mapping[str, int]] | None, labels: Sequence[str]) -> Confusion | None:
    if said is None:
        return None
    place = {label: k for k, label in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels)), np.int64)
    for label, taken_for in said.items():
        for other, count in taken_for.items():
            counts[place[label], place[other]] = count
    return Confusion.from_counts(tuple(labels), counts)
