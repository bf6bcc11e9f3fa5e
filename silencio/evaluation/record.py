"""report.json: everything the page shows, as strict JSON, for the rooms that act on it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite, nan
from typing import Any

from silencio.errors import SilencioError
from silencio.evaluation.bootstrap import Estimate
from silencio.evaluation.curves import Curve, Point
from silencio.evaluation.evaluate import EvaluationResult
from silencio.evaluation.figures import ClassFigure, Figure
from silencio.evaluation.gates import GateResult, NotApplied, Verdict
from silencio.evaluation.question import Behaviour
from silencio.evaluation.worst import Mistake

VERSION = 2
"""Of the layout below; a reader refuses any other."""


@dataclass(frozen=True)
class Report:
    result: EvaluationResult
    mistakes: tuple[Mistake, ...]
    identity: Mapping[str, Any]
    """Whatever says what was judged, on which data, by which code and machine, and when. JSON values."""


def to_json(report: Report) -> str:
    content = {
        "version": VERSION,
        "decision": report.result.decision,
        "identity": report.identity,
        "gates": [asdict(gate) for gate in report.result.gates],
        "not_applied": [asdict(rule) for rule in report.result.not_applied],
        "figures": [asdict(figure) for figure in report.result.figures],
        "classes": [asdict(c) for c in report.result.classes],
        "curves": [asdict(curve) for curve in report.result.curves],
        "behaviour": [asdict(one) for one in report.result.behaviour],
        "mistakes": [asdict(mistake) for mistake in report.mistakes],
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
    result = EvaluationResult(
        figures=tuple(_figure(f) for f in content["figures"]),
        classes=tuple(_class(c) for c in content["classes"]),
        gates=tuple(_gate(g) for g in content["gates"]),
        not_applied=tuple(NotApplied(**n) for n in content["not_applied"]),
        decision=Verdict(content["decision"]),
        curves=tuple(_curve(c) for c in content["curves"]),
        behaviour=tuple(_behaviour(b) for b in content["behaviour"]),
    )
    mistakes = tuple(Mistake(**(m | {"truth": tuple(m["truth"])})) for m in content["mistakes"])
    return Report(result, mistakes, content["identity"])


def without_nan(value: Any) -> Any:
    """JSON knows no NaN: what could not be measured is null."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: without_nan(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(v) for v in value]
    return value


def _numbers(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {**values, **{name: nan for name in names if values[name] is None}}


def _estimate(values: Mapping[str, Any]) -> Estimate:
    return Estimate(**_numbers(values, "value", "low", "high"))


def _maybe(values: Mapping[str, Any] | None) -> Estimate | None:
    return None if values is None else _estimate(values)


def _curve(values: Mapping[str, Any]) -> Curve:
    points = (
        Point(**{**p, "candidate": _estimate(p["candidate"]), "champion": _maybe(p["champion"])})
        for p in values["points"]
    )
    return Curve(**{**values, "points": tuple(points)})


def _behaviour(values: Mapping[str, Any]) -> Behaviour:
    measured = {"value": _estimate(values["value"]), "champion": _maybe(values["champion"])}
    return Behaviour(**{**values, **measured})


def _figure(values: Mapping[str, Any]) -> Figure:
    champion, difference = values["champion"], values["difference"]
    return Figure(
        **{
            **values,
            "candidate": _estimate(values["candidate"]),
            "champion": None if champion is None else _estimate(champion),
            "difference": None if difference is None else _estimate(difference),
        }
    )


def _class(values: Mapping[str, Any]) -> ClassFigure:
    return ClassFigure(**_numbers(values, "average_precision", "roc_auc"))


def _gate(values: Mapping[str, Any]) -> GateResult:
    return GateResult.from_json(values)
