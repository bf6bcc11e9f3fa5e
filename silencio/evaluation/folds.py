"""What a model scores on one fold, and what all folds together say of the next one."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan, sqrt
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Literal, Self

import numpy as np

from silencio.data.windows.store import Windows
from silencio.errors import SilencioError
from silencio.evaluation.accuracy import Counts, accuracy, confusion
from silencio.evaluation.bootstrap import LEVEL, Estimate
from silencio.evaluation.judged import judged_on
from silencio.evaluation.metrics import mean_average_precision, mean_roc_auc
from silencio.evaluation.run import checkpoint_scores
from silencio.handover import Kind
from silencio.identity import code_digest
from silencio.training.checkpoint import Checkpoint
from silencio.workspace import Workspace

FOLD = "fold.json"
FoldMetric = Literal["accuracy", "map", "roc_auc"]
FOLD_METRICS: tuple[FoldMetric, ...] = ("accuracy", "map", "roc_auc")


@dataclass(frozen=True)
class Fold:
    """Figures of its test part; NaN where it does not say."""

    name: str
    windows: int
    recordings: int
    accuracy: float
    """See `silencio.evaluation.accuracy`."""
    map: float
    roc_auc: float
    labels: tuple[str, ...]
    counts: Counts

    def figures(self) -> dict[str, float | None]:
        values = {metric: float(getattr(self, metric)) for metric in FOLD_METRICS}
        return {metric: value if isfinite(value) else None for metric, value in values.items()}

    def facts(self) -> dict[str, Any]:
        return {"name": self.name, "windows": self.windows, "recordings": self.recordings} | self.figures()

    def to_json(self) -> str:
        content = self.facts() | {"labels": self.labels, "confusion": self.counts.tolist()}
        return json.dumps(content, indent=2, allow_nan=False) + "\n"

    @classmethod
    def read(cls, path: Path) -> Self:
        content: Mapping[str, Any] = json.loads(path.read_text())
        values = {metric: nan if content[metric] is None else content[metric] for metric in FOLD_METRICS}
        return cls(
            name=content["name"],
            windows=content["windows"],
            recordings=content["recordings"],
            labels=tuple(content["labels"]),
            counts=np.array(content["confusion"], np.int64),
            **values,
        )


def judge_fold(name: str, windows: Windows, checkpoint: Checkpoint, workspace: Workspace) -> Fold:
    """Sealed as a report of its own, so that a fold is listened to once."""
    inputs = {
        "fold": name,
        "windows": windows.handover.digest,
        "checkpoint": checkpoint.handover.digest,
        "code": code_digest("evaluation"),
    }

    def build(folder: Path) -> Mapping[str, Any]:
        fold = measure(name, windows, checkpoint)
        (folder / FOLD).write_text(fold.to_json())
        return fold.facts()

    return Fold.read(workspace.produce(Kind.REPORT, inputs, build) / FOLD)


def measure(name: str, windows: Windows, checkpoint: Checkpoint) -> Fold:
    judged = judged_on(windows, "test")
    if not len(judged.rows):
        raise SilencioError(
            f"Fold {name} has no window to test on.",
            "Its recordings were left out: `silencio data report` says why.",
        )
    scores = checkpoint_scores(checkpoint, windows, judged)
    counts = confusion(judged.truth, scores)
    return Fold(
        name=name,
        windows=len(judged.rows),
        recordings=judged.truth.facts["recording"].n_unique(),
        accuracy=accuracy(judged.truth, scores),
        map=mean_average_precision(judged.truth.targets, scores),
        roc_auc=mean_roc_auc(judged.truth.targets, scores),
        labels=judged.truth.labels,
        counts=counts,
    )


def mean_and_interval(values: Sequence[float], level: float = LEVEL) -> Estimate:
    """The mean over folds, and Student's t interval around it: where the mean of as many other folds may lie.

    Folds share what they are trained on, so they differ less than trainings on new data would: the interval is the
    least that is to be allowed for. Folds without a figure are left out; one alone has no interval.
    """
    from scipy.stats import t as student

    known = [value for value in values if isfinite(value)]
    if len(known) < 2:
        return Estimate(known[0] if known else nan)
    half = float(student.ppf((1 + level) / 2, len(known) - 1)) * stdev(known) / sqrt(len(known))
    return Estimate(mean(known), mean(known) - half, mean(known) + half)


def over_folds(folds: Sequence[Fold]) -> dict[FoldMetric, Estimate]:
    return {metric: mean_and_interval([getattr(fold, metric) for fold in folds]) for metric in FOLD_METRICS}


def as_facts(folds: Sequence[Fold]) -> dict[str, Any]:
    """{"accuracy": 0.93, "accuracy_interval": [0.91, 0.95], …, "folds": […]}; None for what nobody knows."""
    facts: dict[str, Any] = {}
    for metric, figure in over_folds(folds).items():
        facts[metric] = figure.value if isfinite(figure.value) else None
        facts[f"{metric}_interval"] = [figure.low, figure.high] if figure.has_interval else None
    return facts | {"folds": [fold.facts() for fold in folds]}
