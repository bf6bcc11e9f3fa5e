import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from silencio.evaluation.trials.drawn import draw
from silencio.evaluation.truth import Truth
from tests.evaluation.reserve import compose_truth

TRUTH = compose_truth(windows=240)


@settings(max_examples=30)
@given(st.integers(0, 300), st.integers(0, 2**32))
def test_windows_with_calls_are_drawn_each_once_and_as_many_as_there_are(count: int, seed: int) -> None:
    drawn = draw(TRUTH, count, seed)
    rows = [one.window for one in drawn]
    assert len(rows) == min(count, int(TRUTH.targets.any(axis=1).sum()))
    assert rows == sorted(set(rows))
    for one in drawn:
        assert one.labels == tuple(np.array(TRUTH.labels)[TRUTH.targets[one.window]])
        assert one.recording == TRUTH.facts["recording"][one.window]
        assert one.start == TRUTH.facts["start"][one.window]


@settings(max_examples=30)
@given(st.integers(0, 2**32))
def test_every_species_has_its_turn_and_windows_come_from_many_recordings(seed: int) -> None:
    drawn = draw(TRUTH, 24, seed)
    assert {label for one in drawn for label in one.labels} == set(TRUTH.labels)
    assert len({one.recording for one in drawn}) >= 20


def test_equal_seeds_draw_alike_and_others_otherwise() -> None:
    assert draw(TRUTH, 24, 1) == draw(TRUTH, 24, 1)
    assert draw(TRUTH, 24, 1) != draw(TRUTH, 24, 2)


def test_where_nothing_calls_nothing_is_drawn() -> None:
    silent = Truth(TRUTH.labels, np.zeros_like(TRUTH.targets), TRUTH.facts)
    assert draw(silent, 24, 1) == []
