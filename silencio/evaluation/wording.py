"""How figures and verdicts are said, the same in the page, in Markdown and in a log."""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

from silencio.evaluation.evaluate import EvaluationResult
from silencio.evaluation.gates import Verdict
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
        f"{title_of(gate.slice)}, {gate_title(gate.name)}: {gate.reason}"
        for gate in result.gates
        if gate.verdict is result.decision
    ]


def gate_title(name: str) -> str:
    metric, _, rest = name.partition(" ")
    return f"{METRIC_TITLES.get(metric, metric)} {rest}".strip()


def number(value: float | None) -> str:
    return NOTHING if value is None or not isfinite(value) else f"{value:.3f}"


def signed(value: float | None) -> str:
    if value is None or not isfinite(value):
        return NOTHING
    return "0.000" if abs(value) < 0.0005 else f"{value:+.3f}".replace("-", "\N{MINUS SIGN}")


def windows(count: int) -> str:
    return f"{count} window{'' if count == 1 else 's'}"


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
