import numpy as np
import polars as pl
import pytest
from sklearn.metrics import confusion_matrix

from silencio.evaluation.accuracy import Confusion, accuracy, confusion
from silencio.evaluation.truth import FACTS, Truth

LABELS = ("bird", "frog")


def truth_of(*windows: tuple[str, set[str]]) -> Truth:
    """Of windows: their recording, and who calls."""
    facts = pl.DataFrame({"recording": [recording for recording, _ in windows]}).match_to_schema(
        FACTS, missing_columns="insert"
    )
    targets = np.array([[label in callers for label in LABELS] for _, callers in windows])
    return Truth(LABELS, targets, facts)


def scores(*birds: float) -> np.ndarray:
    return np.array([[bird, 0.5] for bird in birds], np.float32)


def test_a_recording_answers_with_the_mean_of_its_windows() -> None:
    truth = truth_of(("a", {"bird"}), ("a", {"bird"}), ("b", {"frog"}))

    counts = confusion(truth, scores(0.4, 0.7, 0.6))

    assert counts.tolist() == [[1, 0], [1, 0]], "a is 0.55 bird on average, b is a frog taken for a bird"
    assert accuracy(truth, scores(0.4, 0.7, 0.6)) == 0.5


def test_any_species_that_is_named_in_the_recording_is_right() -> None:
    truth = truth_of(("a", {"bird", "frog"}), ("b", {"bird"}), ("b", {"frog"}), ("c", {"frog"}))

    assert accuracy(truth, scores(0.1, 0.9, 0.9, 0.9)) == pytest.approx(2 / 3), "only c is wrong"


def test_a_recording_in_which_nothing_calls_is_not_asked() -> None:
    truth = truth_of(("a", {"bird"}), ("silent", set()))

    assert accuracy(truth, scores(0.9, 0.9)) == 1


def test_the_confusion_is_scikit_learns() -> None:
    random = np.random.default_rng(4)
    calls = [LABELS[k] for k in random.integers(0, 2, 40)]
    truth = truth_of(*((str(number), {label}) for number, label in enumerate(calls)))
    said = random.random((40, 2)).astype(np.float32)

    answered = [LABELS[k] for k in said.argmax(axis=1)]
    found = Confusion.of(truth, said)

    assert found is not None
    assert np.array(found.counts).tolist() == confusion_matrix(calls, answered, labels=LABELS).tolist()
    assert found.labels == LABELS


def test_windows_in_which_several_or_none_call_are_not_asked() -> None:
    truth = truth_of(("a", {"bird"}), ("a", {"bird", "frog"}), ("b", set()))

    assert confusion(truth, scores(0.6, 0.1, 0.9)).tolist() == [[1, 0], [0, 0]]


def test_a_recording_with_one_species_now_and_another_then_answers_for_each() -> None:
    truth = truth_of(("site", {"bird"}), ("site", {"frog"}), ("site", {"frog"}))

    assert confusion(truth, scores(0.9, 0.1, 0.2)).tolist() == [[1, 0], [0, 1]]


def test_where_nothing_was_asked_nothing_is_known() -> None:
    truth = truth_of(("a", {"bird", "frog"}))

    assert Confusion.of(truth, scores(0.6)) is None
    assert np.isnan(accuracy(truth_of(("a", set())), scores(0.6)))


def test_a_network_that_is_always_right_has_an_accuracy_of_1() -> None:
    truth = truth_of(*((str(number), {LABELS[number % 2]}) for number in range(10)))

    assert accuracy(truth, truth.targets.astype(np.float32)) == 1


def test_of_many_species_those_asked_most_are_kept_and_the_others_are_one() -> None:
    counts = np.array([[5, 1, 0, 0], [0, 1, 1, 0], [2, 0, 7, 1], [0, 0, 1, 2]])
    whole = Confusion.from_counts(("ant", "bat", "cat", "dog"), counts)
    assert whole.of_most_asked(4) == whole
    fewer = whole.of_most_asked(3)
    assert fewer.labels == ("ant", "cat", "others")
    assert fewer.table().tolist() == [[5, 0, 1], [2, 7, 1], [0, 2, 3]]
