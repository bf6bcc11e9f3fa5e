from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError
from sklearn.metrics import precision_recall_fscore_support

from silencio.errors import SilencioError
from silencio.evaluation.answers import among_likeliest, window_f1
from silencio.evaluation.bootstrap import joint_level
from silencio.evaluation.evaluate import EvaluationResult, evaluate
from silencio.evaluation.gates import GateResult, Verdict
from silencio.evaluation.metrics import METRICS, mean_average_precision
from silencio.evaluation.slices import SLICES
from silencio.evaluation.truth import Truth
from silencio.settings import Evaluation, GateRule
from tests.evaluation.reserve import compose_scores, compose_truth

SETTINGS = Evaluation()
GATED = Evaluation(shown=())
NO_WORSE = Evaluation(gates=(), shown=())


@pytest.fixture(scope="module")
def truth() -> Truth:
    return compose_truth()


def failed(result: EvaluationResult) -> set[str]:
    return {gate.slice for gate in result.gates if gate.verdict is Verdict.FAIL}


def test_a_good_first_model_passes_without_a_champion(truth: Truth) -> None:
    result = evaluate(truth, compose_scores(truth), SETTINGS, None, seed=1)
    assert result.decision is Verdict.PASS
    assert not result.has_champion
    assert [rule.name for rule in result.not_applied] == ["map against champion"]


def test_a_model_that_knows_nothing_fails(truth: Truth) -> None:
    result = evaluate(truth, compose_scores(truth, skill=0.0), SETTINGS, None, seed=1)
    assert result.decision is Verdict.FAIL


def test_a_model_compared_with_itself_passes(truth: Truth) -> None:
    scores = compose_scores(truth)
    for seed in range(20):
        result = evaluate(truth, scores, GATED, scores.copy(), seed)
        assert result.decision is Verdict.PASS
        assert result.figure("night").difference is not None


def alarms(times: int, resamples: int) -> int:
    """How often of two models of equal skill, on windows of their own each time, any gate fails one."""
    settings = NO_WORSE.model_copy(update={"resamples": resamples})
    raised = 0
    for seed in range(times):
        truth = compose_truth(seed=seed)
        first, second = (compose_scores(truth, 1.2, seed=2 * seed + k) for k in (0, 1))
        raised += bool(failed(evaluate(truth, first, settings, second, seed)))
    return raised


def test_two_models_of_equal_skill_rarely_raise_a_false_alarm() -> None:
    assert alarms(30, resamples=200) <= 4


@pytest.mark.slow
def test_over_all_gates_together_false_alarms_are_at_most_one_in_twenty() -> None:
    assert alarms(200, resamples=1000) <= 10


def test_the_same_model_with_another_rounding_raises_no_alarm() -> None:
    truth = compose_truth()
    scores = compose_scores(truth)
    rounded = scores.astype(np.float16).astype(np.float32)
    result = evaluate(truth, rounded, GATED, scores, seed=1)
    assert result.decision is Verdict.PASS


def test_a_model_worse_only_at_night_is_caught_though_it_is_better_overall() -> None:
    truth = mostly_by_day(compose_truth(windows=600))
    night = SLICES["night"].members(truth)
    champion = compose_scores(truth, 1.0)
    candidate = np.where(night[:, None], compose_scores(truth, 0.2), compose_scores(truth, 1.8))

    result = evaluate(truth, candidate, SETTINGS, champion, seed=1)

    difference = result.figure("overall").difference
    assert difference is not None
    assert difference.value > 0
    assert failed(result) == {"night"}
    assert result.decision is Verdict.FAIL


def mostly_by_day(truth: Truth) -> Truth:
    """A quarter of the recordings of the night, so that the mean hides them."""
    night = pl.Series(SLICES["night"].members(truth))
    keep = ~night | (truth.facts["recording"].str.tail(3).cast(pl.Int32) % 4 == 0)
    return Truth(truth.labels, truth.targets[keep.to_numpy()], truth.facts.filter(keep))


def test_a_model_worse_only_on_insects_is_caught(truth: Truth) -> None:
    champion = compose_scores(truth)
    candidate = compose_scores(truth, worse_in=SLICES["insects"].members(truth))
    assert "insects" in failed(evaluate(truth, candidate, NO_WORSE, champion, seed=1))


def test_swapped_labels_are_caught(truth: Truth) -> None:
    champion = compose_scores(truth)
    swapped = champion.copy()
    swapped[:, [0, 1, 2, 3]] = champion[:, [1, 0, 3, 2]]
    assert "overall" in failed(evaluate(truth, swapped, NO_WORSE, champion, seed=1))


def test_probabilities_that_no_longer_mean_what_they_say_are_caught(truth: Truth) -> None:
    champion = compose_scores(truth)
    settings = Evaluation(gates=(GateRule(metric="calibration_error", at_most_below=0.05),), shown=())
    overconfident = champion**0.2
    result = evaluate(truth, overconfident, settings, champion, seed=1)
    difference = result.figure().difference
    assert [g.name for g in result.gates if g.verdict is Verdict.FAIL] == [
        "calibration_error against champion"
    ]
    assert difference is not None
    assert difference.value == pytest.approx(0, abs=1e-3), "no species changed places"


def test_too_few_windows_are_inconclusive() -> None:
    truth = compose_truth(windows=15)
    scores = compose_scores(truth, skill=4.0)
    result = evaluate(truth, scores, SETTINGS, scores, seed=1)
    assert {gate.verdict for gate in result.gates} == {Verdict.INCONCLUSIVE}
    assert result.decision is Verdict.INCONCLUSIVE


def test_no_windows_at_all_are_inconclusive() -> None:
    truth = compose_truth(windows=12)
    empty = Truth(truth.labels, truth.targets[:0], truth.facts[:0])
    scores = np.zeros((0, 12), dtype=np.float32)
    assert evaluate(empty, scores, SETTINGS, scores, seed=1).decision is Verdict.INCONCLUSIVE


def test_missing_facts_are_inconclusive_and_never_a_crash(truth: Truth) -> None:
    unknown = replace(truth, facts=truth.facts.with_columns(recorded_at=pl.lit(None, pl.Datetime("us"))))
    scores = compose_scores(truth)
    result = evaluate(unknown, scores, SETTINGS, scores, seed=1)
    assert {g.slice for g in result.gates if g.verdict is Verdict.INCONCLUSIVE} == {"night"}
    assert result.decision is Verdict.INCONCLUSIVE


def test_calls_from_one_recording_have_no_interval(truth: Truth) -> None:
    single = replace(truth, facts=truth.facts.with_columns(recording=pl.lit("the-only-one")))
    scores = compose_scores(truth)
    result = evaluate(single, scores, NO_WORSE, scores, seed=1)
    assert {gate.verdict for gate in result.gates} == {Verdict.INCONCLUSIVE}


def test_figures_are_those_of_the_slices_windows(truth: Truth) -> None:
    scores = compose_scores(truth)
    night = SLICES["night"].members(truth)
    figure = evaluate(truth, scores, SETTINGS, None, seed=1).figure("night")
    assert figure.candidate.value == pytest.approx(
        mean_average_precision(truth.targets[night], scores[night])
    )
    assert figure.windows == night.sum()
    assert figure.recordings == truth.facts.filter(pl.Series(night))["recording"].n_unique()
    assert figure.candidate.low < figure.candidate.value < figure.candidate.high


def test_a_slice_that_only_a_gate_names_is_measured_too(truth: Truth) -> None:
    settings = Evaluation(slices=(), gates=(GateRule(slice="insects", at_least=0.1),))
    result = evaluate(truth, compose_scores(truth), settings, None, seed=1)
    assert [f.slice for f in result.figures if f.metric == "map" and f.gated] == ["overall", "insects"]


def test_a_gate_on_a_slice_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError, match="did you mean night"):
        GateRule(slice="nigth", at_least=0.1)


def test_every_class_has_its_figure(truth: Truth) -> None:
    scores = compose_scores(truth)
    result = evaluate(truth, scores, SETTINGS, scores, seed=1)
    assert tuple(c.label for c in result.classes) == truth.labels
    assert np.mean([c.average_precision for c in result.classes]) == pytest.approx(
        result.figure().candidate.value
    )
    assert all(c.champion_average_precision == c.average_precision for c in result.classes)


def test_equal_seeds_give_equal_results(truth: Truth) -> None:
    first, second = compose_scores(truth), compose_scores(truth, seed=9)
    assert evaluate(truth, first, SETTINGS, second, 3) == evaluate(truth, first, SETTINGS, second, 3)
    assert evaluate(truth, first, SETTINGS, second, 3) != evaluate(truth, first, SETTINGS, second, 4)


def test_scores_of_other_windows_are_refused(truth: Truth) -> None:
    with pytest.raises(SilencioError, match="candidate's scores are"):
        evaluate(truth, compose_scores(truth)[:-1], SETTINGS, None, seed=1)


def test_scores_that_are_no_numbers_are_refused(truth: Truth) -> None:
    broken = compose_scores(truth)
    broken[3, 4] = np.nan
    with pytest.raises(SilencioError, match="1 of the champion's scores"):
        evaluate(truth, compose_scores(truth), SETTINGS, broken, seed=1)


def test_scores_that_are_no_probabilities_are_refused(truth: Truth) -> None:
    logits = compose_scores(truth)
    logits[0, 0], logits[0, 1] = 1.5, -0.1
    with pytest.raises(SilencioError, match="2 of the candidate's scores are no probabilities"):
        evaluate(truth, logits, SETTINGS, None, seed=1)


def test_every_metric_has_a_figure_with_an_interval_around_it(truth: Truth) -> None:
    candidate, champion = (compose_scores(truth, 0.6, seed) for seed in (5, 9))
    result = evaluate(truth, candidate, GATED, champion, seed=1)
    assert len(result.figures) == len(METRICS) * (1 + len(GATED.slices))
    for figure in result.figures:
        for estimate in (figure.candidate, figure.champion, figure.difference):
            assert estimate is not None
            assert estimate.low < estimate.value < estimate.high, figure


def test_a_model_that_is_never_wrong_has_the_best_of_every_figure(truth: Truth) -> None:
    result = evaluate(truth, truth.targets.astype(np.float32), SETTINGS, None, seed=1)
    best = {metric: result.figure(metric=metric).candidate.value for metric in METRICS}
    # Where nothing calls, the likeliest species is given 0, and rightly so.
    assert best == dict.fromkeys(METRICS, 1.0) | {"calibration_error": 0.0}


def test_the_windows_of_a_recording_count_as_one_voice(truth: Truth) -> None:
    scores = compose_scores(truth)
    twice = Truth(truth.labels, np.tile(truth.targets, (2, 1)), pl.concat([truth.facts, truth.facts]))
    once = evaluate(truth, scores, NO_WORSE, None, seed=1).figure(metric="micro_f1").candidate
    again = (
        evaluate(twice, np.tile(scores, (2, 1)), NO_WORSE, None, seed=1).figure(metric="micro_f1").candidate
    )
    assert (again.low, again.high) == pytest.approx((once.low, once.high)), "more windows, no more recordings"


def test_slices_that_are_shown_are_measured_and_not_gated(truth: Truth) -> None:
    scores = compose_scores(truth)
    result = evaluate(truth, scores, SETTINGS, scores, seed=1)
    figures = [f for f in result.figures if f.metric == "map"]
    assert [f.slice for f in figures if f.gated] == ["overall", *SETTINGS.slices]
    shown = {f.slice for f in figures if not f.gated}
    assert {"day", "birds", "high_snr", "month 03"} <= shown
    assert "frogs" not in shown, "none calls here"
    assert not shown & {gate.slice for gate in result.gates}


def test_shown_slices_leave_the_intervals_of_the_gated_ones_as_they_are(truth: Truth) -> None:
    first, second = compose_scores(truth), compose_scores(truth, seed=9)
    alone, among = (evaluate(truth, first, s, second, 3).figure("night") for s in (GATED, SETTINGS))
    assert alone == among
    assert joint_level(1 + len(SETTINGS.slices)) == pytest.approx(0.98)


def test_a_slice_that_is_gated_is_not_shown_again(truth: Truth) -> None:
    settings = Evaluation(slices=("day",), shown=("day",))
    result = evaluate(truth, compose_scores(truth), settings, None, seed=1)
    assert [f.slice for f in result.figures if f.metric == "map"].count("day") == 1


def test_a_model_worse_only_on_insects_of_the_night_is_caught_where_that_is_a_slice() -> None:
    truth = compose_truth(windows=900)
    champion = compose_scores(truth)
    there = SLICES["night"].members(truth) & SLICES["insects"].members(truth)
    settings = Evaluation(slices=("night+insects",), gates=(), shown=())
    result = evaluate(truth, compose_scores(truth, worse_in=there), settings, champion, seed=1)
    assert "night+insects" in failed(result)
    assert result.figure("night+insects").windows == there.sum()


def test_thresholds_decide_what_is_reported(truth: Truth) -> None:
    scores, limits = compose_scores(truth), np.linspace(0.1, 0.9, 12)
    result = evaluate(truth, scores, SETTINGS, scores, 1, thresholds=limits, champion_thresholds=0.3)
    figure = result.figure(metric="micro_f1")
    assert figure.candidate.value == pytest.approx(
        window_f1(truth.targets, scores >= limits.astype(np.float32)).mean()
    )
    assert figure.champion is not None
    assert figure.champion.value == pytest.approx(window_f1(truth.targets, scores >= np.float32(0.3)).mean())


def test_precision_recall_and_f1_are_scikit_learns(truth: Truth) -> None:
    scores, limits = compose_scores(truth), np.full(12, 0.4)
    limits[3] = 1.5  # never reported
    classes = evaluate(truth, scores, SETTINGS, None, 1, thresholds=limits).classes
    expected = precision_recall_fscore_support(
        truth.targets, scores >= limits.astype(np.float32), zero_division=np.nan
    )
    for name, values in zip(("precision", "recall", "f1", "windows"), expected, strict=True):
        np.testing.assert_allclose([getattr(c, name) for c in classes], values)
    assert np.isnan(classes[3].precision)
    assert classes[3].reported == 0


def test_top_k_asks_for_as_many_as_the_settings_say(truth: Truth) -> None:
    scores, called = compose_scores(truth, skill=0.3), truth.targets.any(axis=1)
    settings = NO_WORSE.model_copy(update={"top_k": 2})
    expected = among_likeliest(truth.targets, scores, 2)[called].mean()
    assert evaluate(truth, scores, settings, None, 1).figure(metric="top_k").candidate.value == pytest.approx(
        expected
    )


def test_what_others_judged_takes_part_in_the_decision(truth: Truth) -> None:
    scores = compose_scores(truth)
    leaked = GateResult.at_most("leaks", "data", 3, 0)
    result = evaluate(truth, scores, SETTINGS, None, 1, also=[leaked])
    assert result.gates[-1] is leaked
    assert result.decision is Verdict.FAIL


def test_the_result_tells_who_was_taken_for_whom_and_how_sure_it_was(truth: Truth) -> None:
    result = evaluate(truth, compose_scores(truth), SETTINGS, None, 1)
    assert result.confusion is not None
    assert result.confusion.labels == truth.labels
    assert np.array(result.confusion.counts).shape == (12, 12)
    assert sum(b.windows for b in result.reliability) == len(truth.targets)
