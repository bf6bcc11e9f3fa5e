"""Gates: what must hold before a model goes further. Every room that judges anything answers with these.

    results, not_applied = judge(figures, settings)
    if decision(results) is Verdict.PASS: ...

What cannot be judged is inconclusive, and inconclusive never promotes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from math import isfinite, isnan, nan
from typing import Any, Self

from silencio.evaluation.bootstrap import Estimate
from silencio.evaluation.figures import Figure
from silencio.evaluation.metrics import LOWER_IS_BETTER, RANKINGS
from silencio.settings import Evaluation, GateRule


class Verdict(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class GateResult:
    """One judgement. `value`, `low` and `high` (its interval) are NaN where nothing could be measured."""

    name: str
    slice: str
    value: float
    threshold: float
    low: float
    high: float
    verdict: Verdict
    reason: str

    @classmethod
    def at_least(
        cls, name: str, slice: str, value: float, threshold: float, *, low: float = nan, high: float = nan
    ) -> Self:
        """Passes from the threshold upwards; a value that is not there is inconclusive."""
        holds, words = value >= threshold, ("is at least", "is below")
        return cls._against(name, slice, value, threshold, low, high, holds, words)

    @classmethod
    def at_most(
        cls, name: str, slice: str, value: float, threshold: float, *, low: float = nan, high: float = nan
    ) -> Self:
        """Passes from the threshold downwards; a value that is not there is inconclusive."""
        holds, words = value <= threshold, ("is at most", "is above")
        return cls._against(name, slice, value, threshold, low, high, holds, words)

    @classmethod
    def inconclusive(
        cls,
        name: str,
        slice: str,
        threshold: float,
        reason: str,
        *,
        value: float = nan,
        low: float = nan,
        high: float = nan,
    ) -> Self:
        return cls(name, slice, value, threshold, low, high, Verdict.INCONCLUSIVE, reason)

    def to_json(self) -> dict[str, Any]:
        """Strict JSON knows no NaN: a figure that is not there is null."""
        return {k: None if isinstance(v, float) and isnan(v) else v for k, v in asdict(self).items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        figures = {k: nan if values[k] is None else values[k] for k in ("value", "threshold", "low", "high")}
        return cls(**{**values, **figures, "verdict": Verdict(values["verdict"])})

    @classmethod
    def _against(
        cls,
        name: str,
        slice: str,
        value: float,
        threshold: float,
        low: float,
        high: float,
        holds: bool,
        words: tuple[str, str],
    ) -> Self:
        if not isfinite(value):
            return cls.inconclusive(name, slice, threshold, "There is no figure to judge.", value=value)
        verdict = Verdict.PASS if holds else Verdict.FAIL
        reason = f"{value:.3f} {words[0] if holds else words[1]} {threshold:.3f}."
        return cls(name, slice, value, threshold, low, high, verdict, reason)


@dataclass(frozen=True)
class NotApplied:
    """A rule that could not be asked at all. It is no verdict, so that a first model can be promoted."""

    name: str
    slice: str
    reason: str


def decision(results: Iterable[GateResult]) -> Verdict:
    """Pass if every gate passed, fail if any failed, otherwise (also without any gate) inconclusive."""
    verdicts = {result.verdict for result in results}
    if Verdict.FAIL in verdicts:
        return Verdict.FAIL
    return Verdict.PASS if verdicts == {Verdict.PASS} else Verdict.INCONCLUSIVE


def judge(
    figures: Sequence[Figure], settings: Evaluation
) -> tuple[tuple[GateResult, ...], tuple[NotApplied, ...]]:
    """The experiment's rules, and, where there is a champion, that no slice gets significantly worse.

    An absolute rule holds the figure itself against its bar. A rule against the champion holds the difference
    against the tolerance that the rule grants; of a calibration error, the higher is the worse. Every gated slice
    whose mAP has no such rule gets a gate of its own: it fails if the whole paired interval of the difference lies
    below zero. So a declared tolerance replaces the test of significance, in both directions: a small loss within it
    passes even where it is certain (which an optimized model needs), a larger one fails even where it may be chance.

    Fewer windows than `minimum_windows`, a figure that does not exist, or no interval where two models are
    compared: inconclusive.
    """
    found = {(figure.metric, figure.slice): figure for figure in figures if figure.gated}
    minimum = settings.minimum_windows
    results, not_applied, tolerated = [], [], set()
    for rule in settings.gates:
        figure = found[rule.metric, rule.slice]
        if rule.at_most_below is None:
            results.append(_absolute(rule, figure, minimum))
        elif figure.difference is None:
            not_applied.append(NotApplied(rule.name, rule.slice, "There is no champion to compare with yet."))
        else:
            tolerated.add((rule.metric, rule.slice))
            results.append(_tolerated(rule.name, figure, figure.difference, rule.bar, minimum))
    for key, figure in found.items():
        if figure.metric == "map" and figure.difference is not None and key not in tolerated:
            results.append(_not_worse(figure, figure.difference, minimum))
    return tuple(results), tuple(not_applied)


def _absolute(rule: GateRule, figure: Figure, minimum: int) -> GateResult:
    e = figure.candidate
    against = GateResult.at_least if rule.at_most is None else GateResult.at_most
    missing = _missing(figure, e, minimum)
    if missing:
        return _inconclusive(rule.name, figure, e, rule.bar, missing)
    return against(rule.name, figure.slice, e.value, rule.bar, low=e.low, high=e.high)


def _tolerated(name: str, figure: Figure, e: Estimate, granted: float, minimum: int) -> GateResult:
    lower_is_better = figure.metric in LOWER_IS_BETTER
    bar = granted if lower_is_better else -granted
    missing = _missing(figure, e, minimum) or _no_interval(e)
    if missing:
        return _inconclusive(name, figure, e, bar, missing)
    holds = e.value <= bar if lower_is_better else e.value >= bar
    verdict = Verdict.PASS if holds else Verdict.FAIL
    where = "above" if lower_is_better else "below"
    reason = f"{_compared(e.value)}; {'up to' if holds else 'only'} {granted:.3f} {where} is granted."
    return GateResult(name, figure.slice, e.value, bar, e.low, e.high, verdict, reason)


def _not_worse(figure: Figure, e: Estimate, minimum: int) -> GateResult:
    name = f"{figure.metric} not worse"
    missing = _missing(figure, e, minimum) or _no_interval(e)
    if missing:
        return _inconclusive(name, figure, e, 0.0, missing)
    worse = e.high < 0
    significance = ", significantly" if worse else ", not significantly" if e.value < 0 else ""
    reason = f"{_compared(e.value)}{significance}."
    verdict = Verdict.FAIL if worse else Verdict.PASS
    return GateResult(name, figure.slice, e.value, 0.0, e.low, e.high, verdict, reason)


def _inconclusive(name: str, figure: Figure, e: Estimate, bar: float, reason: str) -> GateResult:
    return GateResult.inconclusive(name, figure.slice, bar, reason, value=e.value, low=e.low, high=e.high)


def _missing(figure: Figure, e: Estimate, minimum: int) -> str:
    """Why nothing can be said; empty if something can."""
    if figure.windows < minimum:
        unknown = " The facts may not say which belong here." if figure.windows == 0 else ""
        return f"{figure.windows} of the {minimum} windows that are needed.{unknown}"
    if not isfinite(e.value):
        missing = "both calls and is absent" if figure.metric in RANKINGS else "calls"
        return f"No species {missing} in these windows."
    return ""


def _no_interval(e: Estimate) -> str:
    return "" if e.has_interval else "All these windows come from one recording: there is no interval."


def _compared(difference: float) -> str:
    if difference == 0:
        return "Equal to the champion"
    return f"{abs(difference):.3f} {'above' if difference > 0 else 'below'} the champion"
