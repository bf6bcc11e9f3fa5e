from math import isnan, nan

import pytest

from silencio.evaluation.bootstrap import Estimate
from silencio.evaluation.figures import Figure
from silencio.evaluation.gates import GateResult, Verdict, decision, judge
from silencio.settings import Evaluation, GateRule
from silencio.settings.judging import Metric

ABSOLUTE = GateRule(at_least=0.5)
RELATIVE = GateRule(at_most_below=0.02)


def figure(
    value: float = 0.7,
    difference: Estimate | None = None,
    *,
    slice: str = "overall",
    windows: int = 100,
    metric: Metric = "map",
    gated: bool = True,
) -> Figure:
    champion = None if difference is None else Estimate(value - difference.value, 0.0, 1.0)
    candidate = Estimate(value, value - 0.1, value + 0.1)
    return Figure(slice, metric, windows, 20, 4, candidate, champion, difference, gated)


def judged(rule: GateRule, measured: Figure) -> GateResult:
    results, _ = judge([measured], Evaluation(gates=(rule,)))
    return results[0]


@pytest.mark.parametrize(("value", "verdict"), [(0.51, "pass"), (0.5, "pass"), (0.49, "fail")])
def test_an_absolute_gate_holds_the_figure_against_its_bar(value: float, verdict: str) -> None:
    assert judged(ABSOLUTE, figure(value)).verdict == verdict


@pytest.mark.parametrize(("value", "verdict"), [(0.09, "pass"), (0.1, "pass"), (0.11, "fail")])
def test_a_bar_may_be_above(value: float, verdict: str) -> None:
    rule = GateRule(metric="calibration_error", at_most=0.1)
    assert judged(rule, figure(value, metric="calibration_error")).verdict == verdict


def test_a_bar_from_above_needs_no_champion() -> None:
    rule = GateRule(metric="calibration_error", at_most=0.1)
    _, not_applied = judge([figure(0.05, metric="calibration_error")], Evaluation(gates=(rule,)))
    assert not_applied == ()


def test_an_absolute_gate_shows_the_figures_interval() -> None:
    result = judged(ABSOLUTE, figure(0.7))
    assert (result.low, result.high) == pytest.approx((0.6, 0.8))


def test_too_few_windows_are_inconclusive_however_good_the_figure() -> None:
    result = judged(ABSOLUTE, figure(0.99, windows=19))
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.value == 0.99
    assert "19 of the 20" in result.reason


def test_a_figure_that_does_not_exist_is_inconclusive() -> None:
    assert judged(ABSOLUTE, figure(nan)).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(("value", "verdict"), [(0.1, "pass"), (-0.02, "pass"), (-0.03, "fail")])
def test_a_gate_against_the_champion_grants_its_tolerance(value: float, verdict: str) -> None:
    assert judged(RELATIVE, figure(difference=Estimate(value, value - 0.1, value + 0.1))).verdict == verdict


@pytest.mark.parametrize(("value", "verdict"), [(-0.1, "pass"), (0.02, "pass"), (0.03, "fail")])
def test_a_calibration_error_is_worse_where_it_is_higher(value: float, verdict: str) -> None:
    rule = GateRule(metric="calibration_error", at_most_below=0.02)
    difference = Estimate(value, value - 0.1, value + 0.1)
    result = judged(rule, figure(0.1, difference, metric="calibration_error"))
    assert (result.verdict, result.threshold) == (verdict, 0.02)


def test_a_slice_that_is_only_shown_decides_nothing() -> None:
    shown = figure(difference=Estimate(-0.5, -0.6, -0.4), slice="birds", gated=False)
    assert judge([shown], Evaluation(gates=())) == ((), ())


def test_only_map_is_held_to_the_champion_unasked() -> None:
    worse = figure(difference=Estimate(-0.5, -0.6, -0.4), metric="micro_f1")
    assert judge([worse], Evaluation(gates=())) == ((), ())


def test_a_certain_loss_within_the_tolerance_passes() -> None:
    assert judged(RELATIVE, figure(difference=Estimate(-0.01, -0.012, -0.008))).verdict is Verdict.PASS


def test_a_comparison_without_an_interval_is_inconclusive() -> None:
    assert judged(RELATIVE, figure(difference=Estimate(0.1))).verdict is Verdict.INCONCLUSIVE


def test_without_a_champion_a_relative_rule_is_not_applied() -> None:
    results, not_applied = judge([figure()], Evaluation(gates=(ABSOLUTE, RELATIVE)))
    assert [r.name for r in results] == ["map absolute"]
    assert [n.name for n in not_applied] == ["map against champion"]
    assert decision(results) is Verdict.PASS


@pytest.mark.parametrize(("high", "verdict"), [(-0.001, "fail"), (0.0, "pass"), (0.2, "pass")])
def test_no_slice_may_get_significantly_worse(high: float, verdict: str) -> None:
    night = figure(difference=Estimate(-0.05, -0.1, high), slice="night")
    results, _ = judge([night], Evaluation(gates=()))
    assert [(r.name, r.slice, r.verdict) for r in results] == [("map not worse", "night", verdict)]


def test_a_declared_tolerance_speaks_for_its_slice() -> None:
    night = figure(difference=Estimate(-0.03, -0.04, -0.02), slice="night")
    results, _ = judge([night], Evaluation(gates=(GateRule(slice="night", at_most_below=0.05),)))
    assert [(r.name, r.verdict) for r in results] == [("map against champion", "pass")]


def test_any_room_can_judge_a_figure_of_its_own() -> None:
    assert GateResult.at_least("agreement", "canary", 0.9, 0.6).verdict is Verdict.PASS
    assert GateResult.at_least("agreement", "canary", 0.5, 0.6).verdict is Verdict.FAIL
    assert GateResult.at_most("p95 ms", "canary", 120, 300).verdict is Verdict.PASS
    assert GateResult.at_most("p95 ms", "canary", 400, 300).reason == "400.000 is above 300.000."
    assert GateResult.at_most("p95 ms", "canary", nan, 300).verdict is Verdict.INCONCLUSIVE


def test_an_inconclusive_gate_says_why() -> None:
    result = GateResult.inconclusive("error rate", "canary", 0.01, "No request came.")
    assert result.reason == "No request came."
    assert isnan(result.value)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["pass", "pass"], "pass"),
        (["pass", "inconclusive"], "inconclusive"),
        (["inconclusive", "fail", "pass"], "fail"),
        ([], "inconclusive"),
    ],
)
def test_only_passes_alone_promote(verdicts: list[str], expected: str) -> None:
    results = [GateResult("g", "overall", 1, 1, 1, 1, Verdict(v), "") for v in verdicts]
    assert decision(results) == expected
