"""`evaluate`"""

import json
from math import isfinite
from pathlib import Path
from typing import Any

import pytest
from kfp.dsl import ClassificationMetrics, Metrics

from components.evaluate import evaluate
from components.receipts import read_gates
from silencio.evaluation.gates import Verdict
from silencio.evaluation.report import read_report
from silencio.handover import Kind, Receipt
from tests.components.conftest import Desk, Workshop, barred


@pytest.fixture
def given(desk: Desk, workshop: Workshop) -> dict[str, Any]:
    return {
        "catalog": desk.holding(workshop.catalog),
        "windows": desk.holding(workshop.windows),
        "checkpoint": desk.holding(workshop.checkpoint),
        "champion": "",
    }


@pytest.fixture
def shown(desk: Desk) -> dict[str, Any]:
    return {
        **{name: desk.artifact(name) for name in ("report", "gates", "page", "summary")},
        "metrics": desk.artifact("metrics", Metrics),
        "classes": desk.artifact("classes", ClassificationMetrics),
    }


def test_a_report_is_handed_over_with_all_that_a_page_shows(
    desk: Desk, given: dict[str, Any], shown: dict[str, Any]
) -> None:
    assert evaluate.python_func(**desk.where, **given, **shown) == "pass"

    report = Receipt.read(Path(shown["report"].path)).open(Kind.REPORT)
    result = read_report(report.folder).result
    assert read_gates(shown["gates"]) == list(result.gates)
    assert shown["gates"].metadata["page"] == str(report / "report.html")
    assert "<html" in Path(shown["page"].path).read_text()
    assert Path(shown["summary"].path).read_text() == (report / "report.md").read_text()

    figures = shown["metrics"].metadata
    assert figures["map"] == result.figure().candidate.value
    assert figures["roc_auc"] == result.figure(metric="roc_auc").candidate.value
    assert figures["gates_pass"] == len(result.gates)
    assert figures["gates_fail"] == figures["gates_inconclusive"] == 0
    assert json.loads(Path(shown["metrics"].path).read_text()) == figures


def test_the_page_draws_who_was_taken_for_whom_and_a_finite_roc_curve(
    desk: Desk, given: dict[str, Any], shown: dict[str, Any]
) -> None:
    evaluate.python_func(**desk.where, **given, **shown)

    told = shown["classes"].metadata
    rows = [row["row"] for row in told["confusionMatrix"]["rows"]]
    assert [one["displayName"] for one in told["confusionMatrix"]["annotationSpecs"]] == [
        "bird",
        "cricket",
        "frog",
    ]
    assert [len(row) for row in rows] == [3, 3, 3]
    assert sum(map(sum, rows)) > 0
    assert all(isfinite(value) for point in told["confidenceMetrics"] for value in point.values())
    assert json.loads(Path(shown["classes"].path).read_text()) == told


def test_a_gate_that_says_no_is_the_answer(
    desk: Desk, given: dict[str, Any], shown: dict[str, Any], workshop: Workshop
) -> None:
    strict = workshop.with_changes(evaluation=barred(workshop.house.experiment.evaluation, 1.0))
    told = Desk(strict, desk.folder)
    assert evaluate.python_func(**told.where, **given, **shown) == "fail"
    assert Verdict.FAIL in {gate.verdict for gate in read_gates(shown["gates"])}
    assert shown["metrics"].metadata["gates_fail"] >= 1
