import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from silencio.errors import WrongUse
from silencio.evaluation.contestant import Contestant
from silencio.evaluation.exam import Exam
from silencio.evaluation.operation import operate
from silencio.evaluation.thresholds import DEFAULT, Threshold, by_label, choose_thresholds
from silencio.evaluation.truth import FACTS, Scores, Truth
from silencio.workspace import Workspace
from tests.evaluation.reserve import compose_scores, compose_truth
from tests.stores import make_catalog, make_experiment, make_windows

RATE = 0.01


@given(
    arrays(np.float32, st.integers(1, 200), elements=st.floats(0, 1, width=32)),
    st.sampled_from([0.0, 0.01, 0.07, 0.29, 0.5, 1.0]),
)
def test_the_threshold_is_the_smallest_that_keeps_the_rate(absent: NDArray[np.float32], rate: float) -> None:
    facts = compose_truth(windows=len(absent), classes=1).facts
    truth = Truth(("frog",), np.zeros((len(absent), 1), dtype=np.bool_), facts)

    threshold = by_label(choose_thresholds(truth, absent[:, None], rate))["frog"]

    assert (absent >= threshold).mean() <= rate + 1e-9
    if threshold > 0:
        below = np.nextafter(np.float32(threshold), np.float32(-1))
        assert (absent >= below).mean() > rate


@settings(deadline=None)
@given(st.integers(0, 99), st.floats(0, 50), st.sampled_from([0.0, 0.01, 0.1]))
def test_however_far_a_threshold_is_drawn_it_keeps_the_rate_where_it_was_set(
    seed: int, shrink: float, rate: float
) -> None:
    truth = compose_truth(windows=60, classes=8, seed=seed)

    thresholds = choose_thresholds(truth, compose_scores(truth), rate, classes=CLASSES, shrink=shrink)

    assert all(one.value >= one.own and one.expected_rate <= rate + 1e-9 for one in thresholds)


CLASSES = ("Aves", "Aves", "Aves", "Aves", "Insecta", "Insecta", "Insecta", "Amphibia")


def test_each_class_has_a_threshold_of_its_own_that_survives_json() -> None:
    truth = compose_truth()
    scores = compose_scores(truth)
    thresholds = json.loads(json.dumps(by_label(choose_thresholds(truth, scores, RATE))))
    assert tuple(thresholds) == truth.labels
    for k, label in enumerate(truth.labels):
        absent = scores[~truth.targets[:, k], k]
        assert (absent >= thresholds[label]).mean() <= RATE


def logit(value: float) -> float:
    return float(np.log(value / (1 - value)))


class TestDrawnTowardsItsClass:
    """Six species of two classes; the first never calls, and the model gives it next to nothing."""

    CLASSES = ("Aves", "Aves", "Aves", "Aves", "Insecta", "Insecta")

    def drawn(self, shrink: float, calls_of_first: int = 0) -> tuple[Threshold, ...]:
        truth = compose_truth(windows=240, classes=6)
        truth.targets[:, 0] = False
        truth.targets[:calls_of_first, 0] = True
        scores = compose_scores(truth)
        scores[:, 0] /= 1000
        return choose_thresholds(truth, scores, RATE, classes=self.CLASSES, shrink=shrink)

    def mean_of_class(self, thresholds: tuple[Threshold, ...], shrink: float) -> float:
        weights = [one.calls / (one.calls + shrink) for one in thresholds[:4]]
        return float(np.average([logit(one.own) for one in thresholds[:4]], weights=weights))

    def test_without_calls_it_is_the_mean_of_its_class_between_logits(self) -> None:
        thresholds = self.drawn(shrink=5.0)

        assert logit(thresholds[0].value) == pytest.approx(self.mean_of_class(thresholds, 5.0), abs=1e-5)
        assert thresholds[0].own < 0.001

    def test_as_many_calls_as_shrink_says_draw_it_half_of_the_way(self) -> None:
        first, *_ = thresholds = self.drawn(shrink=5.0, calls_of_first=5)

        half = (logit(first.own) + self.mean_of_class(thresholds, 5.0)) / 2
        assert logit(first.value) == pytest.approx(half, abs=1e-5)
        assert first.value > first.own

    def test_a_class_of_few_species_is_drawn_to_the_mean_of_all(self) -> None:
        truth = compose_truth(windows=240, classes=6)
        scores = compose_scores(truth)
        scores[:, 5] /= 1000
        truth.targets[:, 5] = False

        mixed, alike = (
            choose_thresholds(truth, scores, RATE, classes=classes, shrink=5.0)[5].value
            for classes in (self.CLASSES, ("Aves",) * 6)
        )

        assert mixed == alike

    def test_nothing_is_drawn_where_nothing_is_to_be_shrunk(self) -> None:
        assert all(one.value == one.own for one in self.drawn(shrink=0.0))


class TestTheInterval:
    def test_it_holds_the_threshold_and_depends_on_the_seed_alone(self) -> None:
        truth = compose_truth()
        scores = compose_scores(truth)

        one, again, other = (
            choose_thresholds(truth, scores, RATE, shrink=5.0, resamples=200, seed=seed) for seed in (1, 1, 2)
        )

        assert one == again
        assert one != other
        assert all(t.low <= t.value <= t.high and t.low < t.high for t in one)

    def test_one_recording_alone_has_none(self) -> None:
        truth = compose_truth(windows=12)
        alone = replace(truth, facts=truth.facts.with_columns(recording=pl.lit("one")))
        thresholds = choose_thresholds(alone, compose_scores(alone), RATE, resamples=50)
        assert all(np.isnan([one.low, one.high]).all() for one in thresholds)

    def test_more_recordings_make_it_narrower(self) -> None:
        few, many = (
            choose_thresholds(truth, compose_scores(truth), 0.1, resamples=200)
            for truth in (compose_truth(windows=120, classes=4), compose_truth(windows=2400, classes=4))
        )
        assert (
            np.mean([one.high - one.low for one in many]) < np.mean([one.high - one.low for one in few]) / 2
        )


def test_a_species_that_is_never_absent_gets_what_its_class_has_and_without_one_the_default() -> None:
    truth = compose_truth(classes=4, windows=40)
    truth.targets[:, 0] = True
    scores = compose_scores(truth)
    drawn = choose_thresholds(truth, scores, RATE, shrink=5.0)
    assert drawn[0].value != DEFAULT
    assert np.isnan([drawn[0].own, drawn[0].expected_rate]).all()

    truth.targets[:] = True
    assert set(by_label(choose_thresholds(truth, scores, RATE)).values()) == {DEFAULT}


def test_a_species_that_too_many_windows_are_certain_of_is_never_reported() -> None:
    truth = compose_truth(classes=4, windows=40)
    scores = compose_scores(truth)
    scores[:, 1] = 1.0
    assert choose_thresholds(truth, scores, RATE, shrink=5.0)[1].value > 1


def test_without_windows_every_species_gets_the_default() -> None:
    truth = compose_truth(classes=2, windows=6)
    empty = Truth(truth.labels, truth.targets[:0], truth.facts[:0])
    nothing = np.zeros((0, 2), np.float32)
    assert set(by_label(choose_thresholds(empty, nothing, RATE, shrink=5.0)).values()) == {DEFAULT}


def test_scores_of_other_windows_are_refused() -> None:
    truth = compose_truth(windows=12)
    with pytest.raises(WrongUse, match=r"\[windows, classes\]"):
        choose_thresholds(truth, compose_scores(truth)[1:], RATE)


def test_where_they_were_not_set_drawn_thresholds_let_less_through_than_own_ones() -> None:
    """Averaged over worlds in which species call from often to never, and a model knows some better than others."""
    own, drawn = [], []
    for seed in range(12):
        setting, scores = _world(seed, recordings=14)
        elsewhere, said = _world(seed, recordings=120)
        thresholds = choose_thresholds(setting, scores, RATE, classes=("Aves",) * 12, shrink=5.0)
        rare = [k for k, one in enumerate(thresholds) if one.calls < 5]
        own += [_rate(elsewhere, said, k, thresholds[k].own) for k in rare]
        drawn += [_rate(elsewhere, said, k, thresholds[k].value) for k in rare]
    assert np.mean(drawn) < RATE < np.mean(own)


def _world(seed: int, recordings: int, each: int = 12, species: int = 12) -> tuple[Truth, Scores]:
    """Of one seed, the species and the model are the same whatever the number of recordings."""
    nature, chance = np.random.default_rng(seed), np.random.default_rng([seed, recordings])
    skill, floor = nature.uniform(0, 6, species), nature.normal(-4.5, 1.0, species)
    often = np.minimum(3 * np.exp(nature.normal(-3.5, 1.2, species)), 0.9)
    windows = recordings * each
    there = np.repeat(chance.random((recordings, species)) < often, each, axis=0)
    targets = there & (chance.random((windows, species)) < 1 / 3)
    moods = np.repeat(chance.normal(0, 0.7, (recordings, species)), each, axis=0)
    logits = floor + moods + chance.normal(0, 1.1, targets.shape) + skill * targets
    names = [f"r{n // each}" for n in range(windows)]
    facts = pl.DataFrame({"recording": names}).match_to_schema(FACTS, missing_columns="insert")
    labels = tuple(f"species{k:02d}" for k in range(species))
    return Truth(labels, targets, facts), (1 / (1 + np.exp(-logits))).astype(np.float32)


def _rate(truth: Truth, scores: Scores, k: int, threshold: float) -> float:
    return float((scores[~truth.targets[:, k], k] >= threshold).mean())


class TestOperation:
    def test_what_is_let_through_and_caught_is_counted_where_it_was_not_set(self) -> None:
        truth = compose_truth(windows=10, classes=2)
        truth.targets[:] = False
        truth.targets[:4, 0] = True
        scores = np.zeros((10, 2), np.float32)
        scores[[0, 1, 2, 4], 0] = 0.6

        heard, never = operate(truth, scores, [Threshold("species00", 0.5), Threshold("species01", 0.5)])

        assert (heard.recall, heard.false_positive_rate, heard.windows) == (0.75, pytest.approx(1 / 6), 4)
        assert np.isnan(never.recall)
        assert never.false_positive_rate == 0

    def test_thresholds_of_other_species_are_refused(self) -> None:
        truth = compose_truth(windows=6, classes=2)
        with pytest.raises(WrongUse, match="other species than the truth"):
            operate(truth, compose_scores(truth), [Threshold("species01", 0.5)])


class TestTheExam:
    def exam(self, folder: Path, parts: Mapping[str, int]) -> tuple[Exam, Contestant]:
        """And a model that guesses."""
        windows = make_windows(folder / "windows", parts=parts)
        random = np.random.default_rng(1)

        def hears(pictures: NDArray[np.floating]) -> Scores:
            return random.random((len(pictures), len(windows.species)), np.float32)

        exam = Exam.of(make_experiment(), make_catalog(windows), windows, Workspace(folder))
        return exam, Contestant("a model", windows, hears)

    def test_thresholds_are_set_on_the_part_that_is_for_nothing_else(self, tmp_path: Path) -> None:
        exam, contestant = self.exam(tmp_path, {"train": 4, "validation": 40, "thresholds": 8, "test": 8})

        thresholds = exam.thresholds(contestant)

        assert exam.set_on_part == "thresholds"
        # Two of each species call, and two windows are silent.
        assert [one.calls for one in thresholds] == [2, 2, 2]

    def test_without_it_they_are_set_on_validation_and_that_is_said(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        exam, contestant = self.exam(tmp_path, {"train": 4, "validation": 16, "test": 8})

        assert exam.set_on_part == "validation"
        assert sum(one.calls for one in exam.thresholds(contestant)) == 12
        assert "set on the one that chose the epoch" in caplog.text

    def test_without_either_all_are_the_same_and_that_is_said(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        exam, contestant = self.exam(tmp_path, {"train": 4, "test": 8})

        assert exam.set_on_part == "nothing"
        assert set(by_label(exam.thresholds(contestant)).values()) == {DEFAULT}
        assert "nothing to set thresholds on" in caplog.text

    def test_a_champion_keeps_those_that_it_serves_with(self, tmp_path: Path) -> None:
        exam, contestant = self.exam(tmp_path, {"train": 4, "thresholds": 8, "test": 8})
        served = tuple(Threshold(label, 0.3) for label in exam.judged.truth.labels)

        assert exam.thresholds(replace(contestant, thresholds=served)) == served


def test_silence_reaches_no_threshold() -> None:
    truth = compose_truth(windows=60)
    said = np.linspace(0, 1, 3 * len(truth.labels), dtype=np.float32).reshape(3, -1)
    found = choose_thresholds(truth, compose_scores(truth), 0.01, above=said, resamples=20)
    assert all(t.value > highest for t, highest in zip(found, said.max(axis=0), strict=True))
    assert all(t.low > highest for t, highest in zip(found, said.max(axis=0), strict=True))
