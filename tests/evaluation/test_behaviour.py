"""Models that are right about everything, or wrong in one thing only, sit the real exam on a small reserve."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from silencio.data.windows.store import Windows, build_windows
from silencio.evaluation.behaviour import behaviour_gates
from silencio.evaluation.bootstrap import Estimate
from silencio.evaluation.contestant import Contestant
from silencio.evaluation.evaluate import EvaluationResult
from silencio.evaluation.exam import Exam
from silencio.evaluation.gates import Verdict
from silencio.evaluation.question import Behaviour
from silencio.evaluation.record import Report, from_json, to_json
from silencio.evaluation.thresholds import Threshold
from silencio.evaluation.truth import Scores
from silencio.settings import Evaluation
from tests.evaluation.conftest import Small

STRICT = {
    "same_answer": 1.0,
    "after_silence": 1.0,
    "monotonic": 0.0,
    "silence": 0.0,
    "noise": 0.0,
    "coverage": 1.0,
    "label_frequency": 0.5,
    "false_alarms_per_hour": 0.0,
    "false_positives": 1.0,
}
YES, NO = 0.9, 0.1
Spoils = Callable[[Scores, pl.DataFrame, NDArray[np.float32]], Scores]


@pytest.fixture(scope="module")
def exam(small: Small) -> Exam:
    settings = Evaluation.model_validate(
        {
            "resamples": 50,
            "minimum_windows": 2,
            "gates": [],
            "trials": {"windows": 6, "noises": ["wind", "rain"], "snr_db": [10, 0, -10]},
            "behaviour": STRICT,
        }
    )
    experiment = small.experiment.model_copy(update={"evaluation": settings})
    return Exam.of(experiment, small.catalog, small.windows, small.workspace)


def contestant(exam: Exam, spoil: Spoils = lambda scores, trials, pictures: scores) -> Contestant:
    """It knows every window that it may be asked about by its picture, and what is true of it.

    `spoil` may change what it says of the trials, [trials, classes], given their table and pictures.
    """
    windows = Windows.open(build_windows(exam.catalog, exam.experiment.audio, exam.workspace))
    asked = Contestant("oracle", windows, lambda pictures: np.zeros((len(pictures), 4), np.float32))
    trials = exam.trials(asked)
    known: dict[bytes, NDArray[np.float32]] = {}
    for part in (exam.set_on, exam.judged):
        remember(known, windows.features[part.rows], said(part.truth.targets))
    pictures = np.asarray(trials.pictures)
    told = spoil(said(trials.targets(exam.judged.truth)), trials.table, pictures.astype(np.float32))
    remember(known, pictures, told)
    served = tuple(Threshold(label, 0.5) for label in exam.judged.truth.labels)
    return Contestant("oracle", windows, lambda asked: np.stack([known[p.tobytes()] for p in asked]), served)


def said(targets: NDArray[np.bool_]) -> Scores:
    return np.where(targets, YES, NO).astype(np.float32)


def remember(known: dict[bytes, NDArray[np.float32]], pictures: NDArray[np.float16], scores: Scores) -> None:
    known.update((picture.tobytes(), row) for picture, row in zip(pictures, scores, strict=True))


def failed(result: EvaluationResult) -> set[str]:
    return {gate.name for gate in result.gates if gate.verdict is not Verdict.PASS}


def test_a_model_that_is_right_about_everything_passes_the_strictest_bars(exam: Exam) -> None:
    result = exam.sit(contestant(exam), None)
    assert failed(result) == set()
    assert result.decision is Verdict.PASS
    assert {curve.mode for curve in result.curves} == {
        "overlay",
        "weakened",
        "wind",
        "rain",
        "clipped",
        "band",
        "codec",
    }
    for curve in result.curves:
        assert [point.candidate.value for point in curve.points] == [1.0] * len(curve.points)


def hears_silence(scores: Scores, trials: pl.DataFrame, pictures: NDArray[np.float32]) -> Scores:
    return np.where((trials["mode"] == "silence").to_numpy()[:, None], np.float32(YES), scores)


def hears_rain(scores: Scores, trials: pl.DataFrame, pictures: NDArray[np.float32]) -> Scores:
    rain = (trials["mode"] == "noise") & (trials["name"] == "rain")
    return np.where(rain.to_numpy()[:, None], np.float32(YES), scores)


def wants_it_loud(scores: Scores, trials: pl.DataFrame, pictures: NDArray[np.float32]) -> Scores:
    """It says nothing to what is quieter than any window as it is."""
    loudest = pictures.max(axis=(1, 2))
    quiet = loudest < loudest[(trials["mode"] == "clean").to_numpy()].min() - 1
    return np.where(quiet[:, None], np.float32(NO), scores)


def is_wrong_in_a_breeze(scores: Scores, trials: pl.DataFrame, pictures: NDArray[np.float32]) -> Scores:
    breeze = (trials["mode"] == "wind") & (trials["level"] == 10)
    return np.where(breeze.fill_null(False).to_numpy()[:, None], 1 - scores, scores)


def test_one_that_hears_species_in_silence_fails_there_alone(exam: Exam) -> None:
    result = exam.sit(contestant(exam, hears_silence), None)
    assert failed(result) == {"silence"}
    assert measured(result, "silence").value == Estimate(1.0, 1.0, 1.0)


def test_one_that_hears_species_in_rain_fails_on_mere_noise(exam: Exam) -> None:
    result = exam.sit(contestant(exam, hears_rain), None)
    assert failed(result) == {"noise"}
    assert measured(result, "noise").value.value == pytest.approx(1 / 4), "of white, pink, wind and rain"


def test_one_that_answers_by_loudness_fails_when_the_gain_changes(exam: Exam) -> None:
    result = exam.sit(contestant(exam, wants_it_loud), None)
    assert "same_answer_gain" in failed(result)
    assert "same_answer_codec" not in failed(result)
    assert measured(result, "same_answer_gain").value == Estimate(0.0, 0.0, 0.0), "20 dB quieter"


def test_one_that_does_worse_where_a_call_is_clearer_is_not_monotonic(exam: Exam) -> None:
    result = exam.sit(contestant(exam, is_wrong_in_a_breeze), None)
    assert failed(result) == {"monotonic"}
    wind = next(curve for curve in result.curves if curve.mode == "wind")
    assert [point.name for point in wind.points] == ["as it is", "10 dB", "0 dB", "−10 dB"]
    values = [point.candidate.value for point in wind.points]
    assert values[0] == values[2] == values[3] == 1
    assert measured(result, "monotonic").value.value == pytest.approx(1 - values[1])


@pytest.mark.parametrize(
    ("spoil", "fails"),
    [
        (lambda scores, trials, pictures: scores, None),
        (hears_silence, "silence"),
        (hears_rain, "noise"),
        (wants_it_loud, "same_answer_gain"),
        (is_wrong_in_a_breeze, "monotonic"),
    ],
)
def test_the_default_bars_tell_them_apart_too(exam: Exam, spoil: Spoils, fails: str | None) -> None:
    result = exam.sit(contestant(exam, spoil), None)
    defaults = Evaluation().behaviour
    by_default = [replace(one, bar=getattr(defaults, bar_of(one))) for one in result.behaviour]
    assert {gate.name for gate in behaviour_gates(by_default) if gate.verdict is not Verdict.PASS} == (
        {fails} if fails else set()
    )


def bar_of(one: Behaviour) -> str:
    """The name of its bar in the settings."""
    if one.name == "same_answer_leading_silence":
        return "after_silence"
    return "same_answer" if one.name.startswith("same_answer") else one.name


def test_one_that_never_reports_a_species_does_not_cover_them(exam: Exam) -> None:
    oracle = contestant(exam)
    deaf = replace(oracle, hears=lambda pictures: without(oracle.hears(pictures), 0))

    result = exam.sit(deaf, None)

    assert "coverage" in failed(result)
    assert measured(result, "coverage").value.value == pytest.approx(3 / 4)


def without(scores: Scores, column: int) -> Scores:
    """As if the species never called."""
    return np.where(np.arange(scores.shape[1]) == column, np.float32(0), scores)


def test_one_that_reports_nothing_at_all_is_not_taken_for_steady(exam: Exam) -> None:
    oracle = contestant(exam)
    mute = Contestant("mute", oracle.windows, lambda pictures: np.zeros((len(pictures), 4), np.float32))

    result = exam.sit(mute, None)

    verdicts = {gate.name: gate.verdict for gate in result.gates}
    assert verdicts["same_answer_gain"] is Verdict.INCONCLUSIVE
    assert verdicts["label_frequency"] is Verdict.INCONCLUSIVE
    assert verdicts["coverage"] is Verdict.FAIL
    assert verdicts["silence"] is Verdict.PASS


def test_one_that_reports_everything_pays_for_it(exam: Exam) -> None:
    oracle = contestant(exam)
    everything = Contestant(
        "loud", oracle.windows, lambda pictures: np.ones((len(pictures), 4), np.float32), limits(exam)
    )

    result = exam.sit(everything, None)

    assert {"silence", "noise", "false_positives", "false_alarms_per_hour"} <= failed(result)
    assert measured(result, "false_positives").value.value == pytest.approx(100), "always, not once in 100"
    # Four species, in 720 windows of 5 s an hour.
    assert measured(result, "false_alarms_per_hour").value.value == pytest.approx(4 * 720)
    assert measured(result, "coverage").value.value == 1


def limits(exam: Exam) -> tuple[Threshold, ...]:
    return tuple(Threshold(label, 0.5) for label in exam.judged.truth.labels)


def test_the_champion_is_asked_the_same(exam: Exam) -> None:
    oracle = contestant(exam)
    mute = Contestant(
        "mute", oracle.windows, lambda pictures: np.zeros((len(pictures), 4), np.float32), limits(exam)
    )

    result = exam.sit(oracle, mute)

    champion = measured(result, "coverage").champion
    assert champion is not None
    assert champion.value == 0
    assert all(point.champion is not None for curve in result.curves for point in curve.points)
    assert failed(result) == set()


def test_a_champion_with_another_front_end_hears_the_same_trials_with_it(exam: Exam) -> None:
    coarse = exam.experiment.audio.model_copy(
        update={"sample_rate": 7_000, "hop_length": 350, "n_mels": 16, "fmax": 3_500.0}
    )
    store = Windows.open(build_windows(exam.catalog, coarse, exam.workspace))
    heard: list[tuple[int, ...]] = []

    def hears(pictures: NDArray[np.floating]) -> Scores:
        heard.append(pictures.shape[1:])
        return np.zeros((len(pictures), 4), np.float32)

    result = exam.sit(contestant(exam), Contestant("old", store, hears, limits(exam), coarse))

    assert set(heard) == {coarse.shape}
    band = next(curve for curve in result.curves if curve.mode == "band")
    assert [point.name for point in band.points] == ["as it is", "8 kHz", "4 kHz", "2 kHz"]
    assert all(point.champion is not None for point in band.points)


def test_a_short_exam_has_no_trials(exam: Exam) -> None:
    result = exam.sit(contestant(exam), None, trials=False)
    assert result.curves == ()
    assert {one.name for one in result.behaviour} == {
        "coverage",
        "label_frequency",
        "false_alarms_per_hour",
        "false_positives",
    }


def test_an_experiment_without_trials_says_so(exam: Exam) -> None:
    settings = exam.experiment.evaluation.model_copy(
        update={"trials": exam.experiment.evaluation.trials.model_copy(update={"windows": 0})}
    )
    untried = replace(exam, experiment=exam.experiment.model_copy(update={"evaluation": settings}))
    result = untried.sit(contestant(exam), None)
    assert result.curves == ()
    assert [rule.name for rule in result.not_applied] == ["trials"]


def test_equal_exams_have_equal_results_and_the_record_keeps_them(exam: Exam) -> None:
    result = exam.sit(contestant(exam), contestant(exam))
    assert result == exam.sit(contestant(exam), contestant(exam))
    report = Report(result, (), {})
    assert from_json(to_json(report), "here").result == result


def test_what_has_no_bar_is_shown_and_no_gate() -> None:
    shown = Behaviour("coverage", "Species", "About.", Estimate(0.5), None, 10, None, True)
    assert behaviour_gates([shown]) == ()


def test_what_has_a_bar_and_could_not_be_measured_is_inconclusive() -> None:
    unknown = Behaviour("noise", "Noise", "About.", Estimate(float("nan")), None, 0, 0.1, False)
    (gate,) = behaviour_gates([unknown])
    assert gate.verdict is Verdict.INCONCLUSIVE
    assert "About." in gate.reason


def measured(result: EvaluationResult, name: str) -> Behaviour:
    return next(one for one in result.behaviour if one.name == name)


def test_the_bars_of_the_settings_are_all_asked(exam: Exam) -> None:
    asked = {gate.name for gate in exam.sit(contestant(exam), None).gates if gate.slice != "data"}
    assert asked == {one.name for one in exam.sit(contestant(exam), None).behaviour}
    assert set(map(bar_of, exam.sit(contestant(exam), None).behaviour)) == set(STRICT)
    assert set(STRICT) == set(type(Evaluation().behaviour).model_fields)
