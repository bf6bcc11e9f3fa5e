from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from silencio.errors import SilencioError
from silencio.evaluation.evaluate import EvaluationResult, evaluate
from silencio.evaluation.gates import Verdict
from silencio.evaluation.metrics import mean_average_precision
from silencio.evaluation.slices import SLICES
from silencio.evaluation.truth import Truth
from silencio.settings import Evaluation, GateRule
from tests.evaluation.reserve import compose_scores, compose_truth

SETTINGS = Evaluation()
NO_WORSE = Evaluation(gates=())


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
        result = evaluate(truth, scores, SETTINGS, scores.copy(), seed)
        assert result.decision is Verdict.PASS
        assert result.figure("night").difference is not None


def test_two_models_of_equal_skill_rarely_raise_a_false_alarm() -> None:
    alarms = 0
    for seed in range(40):
        truth = compose_truth(seed=seed)
        first, second = (compose_scores(truth, 1.2, seed=2 * seed + k) for k in (0, 1))
        alarms += bool(failed(evaluate(truth, first, NO_WORSE, second, seed)))
    assert alarms <= 5


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
    assert [f.slice for f in result.figures if f.metric == "map"] == ["overall", "insects"]


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
