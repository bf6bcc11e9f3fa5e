"""What Kubeflow's page shows of a report: figures, tables and pages among a step's artifacts."""

import json
import shutil
from collections import Counter
from collections.abc import Mapping
from math import isfinite
from pathlib import Path

from kfp.dsl import Artifact, ClassificationMetrics, Metrics

from silencio.evaluation.evaluate import EvaluationResult
from silencio.evaluation.gates import Verdict
from silencio.evaluation.report import PAGE, SUMMARY
from silencio.evaluation.slices import OVERALL

MOST_SPECIES = 40
"""In a confusion matrix; the rest are one row together, for a page has room for no more."""


def show_figures(figures: Mapping[str, float], metrics: Metrics) -> None:
    """Those that could be measured: Kubeflow knows no NaN."""
    told = {name: float(value) for name, value in figures.items() if isfinite(value)}
    for name, value in told.items():
        metrics.log_metric(name, value)
    # Kubeflow keeps them beside the artifact. Without a file, its local runner never finds the step done.
    Path(metrics.path).write_text(json.dumps(told, indent=2))


def figures_of(result: EvaluationResult) -> dict[str, float]:
    """Every metric over all windows, and how many gates came to which verdict."""
    overall = {f.metric: f.candidate.value for f in result.figures if f.slice == OVERALL}
    counted = Counter(gate.verdict for gate in result.gates)
    return overall | {f"gates_{verdict}": float(counted[verdict]) for verdict in Verdict}


def show_classes(result: EvaluationResult, classes: ClassificationMetrics) -> None:
    """Who was taken for whom, and the ROC curve; neither where nothing was asked."""
    if result.confusion:
        confusion = result.confusion.of_most_asked(MOST_SPECIES)
        classes.log_confusion_matrix(list(confusion.labels), confusion.table().tolist())
    if result.roc:
        classes.log_roc_curve(
            [point.false_positive_rate for point in result.roc],
            [point.recall for point in result.roc],
            [point.threshold for point in result.roc],
        )
    Path(classes.path).write_text(json.dumps(classes.metadata))


def show_pages(report: Path, page: Artifact, summary: Artifact) -> None:
    shutil.copyfile(report / PAGE, page.path)
    shutil.copyfile(report / SUMMARY, summary.path)
