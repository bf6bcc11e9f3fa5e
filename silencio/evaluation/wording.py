"""How figures and verdicts are said, the same in the page, in Markdown and in a log."""

from collections.abc import Iterable, Iterator, Mapping
from math import isfinite, nan
from statistics import fmean
from typing import Any

import numpy as np

from silencio.evaluation.curves import Curve, Point
from silencio.evaluation.evaluate import EvaluationResult, SetOn
from silencio.evaluation.gates import Verdict
from silencio.evaluation.question import Behaviour
from silencio.evaluation.slices import title_of

METRIC_TITLES = {
    "map": "mAP",
    "padded_map": "padded cmAP",
    "roc_auc": "ROC-AUC",
    "micro_f1": "row-wise F1",
    "top_k": "top-k",
    "accuracy": "accuracy",
    "calibration_error": "calibration error",
}
MARKS = {Verdict.PASS: "✓ pass", Verdict.FAIL: "✗ fail", Verdict.INCONCLUSIVE: "? inconclusive"}
ANSWERS = {
    Verdict.PASS: "Promote: yes",
    Verdict.FAIL: "Promote: no",
    Verdict.INCONCLUSIVE: "Promote: not on this evidence",
}
NOTHING = "\N{EN DASH}"
SET_ON: Mapping[SetOn, str] = {
    "thresholds": "Thresholds were set on recordings that were used for nothing else.",
    "validation": "Thresholds were set on the recordings that also chose the epoch, for no others were left: "
    "expect more false alarms than were promised.",
    "nothing": "There was nothing to set thresholds on.",
}


def because(result: EvaluationResult) -> str:
    """The sentence that gives the decision its reason."""
    gates = result.gates
    if not gates:
        return "Nothing was judged: the experiment has no gate that applies."
    if result.decision is Verdict.PASS:
        compared = "" if result.has_champion else " There is no champion yet, so nothing was compared."
        passed = "The only gate passes." if len(gates) == 1 else f"All {len(gates)} gates pass."
        return passed + compared
    fate = "did not pass" if result.decision is Verdict.FAIL else "could not be decided"
    return f"{len(culprits(result))} of {len(gates)} gates {fate}:"


def culprits(result: EvaluationResult) -> list[str]:
    """What each gate says that stands in the way; none where the decision is to promote."""
    if result.decision is Verdict.PASS:
        return []
    return [
        f"{title_of(gate.slice)}, {gate_title(gate.name, result)}: {gate.reason}"
        for gate in result.gates
        if gate.verdict is result.decision
    ]


def gate_title(name: str, result: EvaluationResult) -> str:
    """Of a rule on a metric, of a behaviour by its title, of any other gate as it is called."""
    behaviour = next((one.title for one in result.behaviour if one.name == name), None)
    metric, _, rest = name.partition(" ")
    begins = METRIC_TITLES.get(metric, metric.capitalize() if metric.islower() else metric)
    return behaviour or f"{begins} {rest}".strip().replace("_", " ")


def met(behaviour: Behaviour) -> Verdict | None:
    """None where there is no bar to hold it against."""
    value, bar = behaviour.value.value, behaviour.bar
    if bar is None:
        return None
    if not isfinite(value):
        return Verdict.INCONCLUSIVE
    return Verdict.PASS if (value >= bar if behaviour.at_least else value <= bar) else Verdict.FAIL


def lost(curve: Curve) -> tuple[Point, float] | None:
    """Where along a curve the candidate is worst, and how far that is below its first point."""
    first, *harder = curve.points
    known = [point for point in harder if isfinite(point.candidate.value)]
    if not known or not isfinite(first.candidate.value):
        return None
    worst = min(known, key=lambda point: point.candidate.value)
    return worst, first.candidate.value - worst.candidate.value


def confused(result: EvaluationResult) -> list[tuple[str, str, int, int]]:
    """(species, taken for, how often, of how many), the most frequent first."""
    if result.confusion is None:
        return []
    labels, counts = result.confusion.labels, result.confusion.table()
    asked, wrong = counts.sum(axis=1), counts - np.diag(np.diag(counts))
    pairs = [
        (labels[a], labels[b], int(wrong[a, b]), int(asked[a]))
        for a, b in zip(*np.nonzero(wrong), strict=True)
    ]
    return sorted(pairs, key=lambda pair: (-pair[2], -pair[2] / pair[3], pair[:2]))


def number(value: float | None) -> str:
    return NOTHING if value is None or not isfinite(value) else f"{value:.3f}"


def signed(value: float | None) -> str:
    if value is None or not isfinite(value):
        return NOTHING
    return "0.000" if abs(value) < 0.0005 else f"{value:+.3f}".replace("-", "\N{MINUS SIGN}")


def windows(count: int) -> str:
    return f"{count} window{'' if count == 1 else 's'}"


def percent(value: float) -> str:
    return f"{100 * value:.1f} %" if isfinite(value) else NOTHING


def mean_of(values: Iterable[float]) -> float:
    """Of those that are known; NaN if none is."""
    known = [value for value in values if isfinite(value)]
    return fmean(known) if known else nan


def interval(low: float, high: float, *, sign: bool = False) -> str:
    if not (isfinite(low) and isfinite(high)):
        return NOTHING
    say = signed if sign else number
    return f"{say(low)} to {say(high)}"


def lines_of(identity: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """A nested mapping as (what, which) pairs, in its own order."""
    for key, value in identity.items():
        name = f"{prefix} {key}".strip().replace("_", " ")
        if isinstance(value, Mapping):
            yield from lines_of(value, name)
        else:
            yield name, str(value)
