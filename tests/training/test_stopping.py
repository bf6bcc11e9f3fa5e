"""When a training stops."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silencio.errors import WrongUse
from silencio.experiment import read_experiment
from silencio.training.epoch import Epoch
from silencio.training.stopping import is_over

FIGURES = st.lists(st.floats(0, 1), max_size=12)


def history(*figures: float) -> list[Epoch]:
    return [Epoch(n + 1, 99, 1.0, 1.0, figure, 1.0, 1.0, 0.0) for n, figure in enumerate(figures)]


@pytest.mark.parametrize(
    ("figures", "over"),
    [
        ((), False),
        ((0.5,), False),
        ((0.5, 0.4), False),
        ((0.5, 0.4, 0.5), True),
        ((0.5, 0.4, 0.6), False),
        ((0.5, 0.4, 0.6, 0.6, 0.5), True),
    ],
)
def test_two_epochs_without_gain_are_one_too_many_for_a_patience_of_two(
    figures: tuple[float, ...], over: bool
) -> None:
    assert is_over(history(*figures), epochs=99, patience=2, min_delta=0) == over


def test_a_gain_too_small_is_none() -> None:
    creeping = history(0.5, 0.505, 0.509)
    assert not is_over(creeping, epochs=99, patience=2, min_delta=0)
    assert is_over(creeping, epochs=99, patience=2, min_delta=0.01)


def test_many_small_gains_make_a_great_one() -> None:
    assert not is_over(history(0.5, 0.506, 0.512), epochs=99, patience=2, min_delta=0.01)


@given(FIGURES, st.integers(1, 12))
def test_without_patience_only_the_number_of_epochs_counts(figures: list[float], epochs: int) -> None:
    assert is_over(history(*figures), epochs, None, 0) == (len(figures) >= epochs)


@given(FIGURES, st.integers(1, 5), st.floats(0, 0.1))
def test_one_that_is_better_each_time_never_stops_early(
    figures: list[float], patience: int, min_delta: float
) -> None:
    rising = [index * (min_delta + 0.01) for index, _ in enumerate(figures)]
    assert not is_over(history(*rising), 99, patience, min_delta)


def test_min_delta_without_patience_says_nothing() -> None:
    with pytest.raises(WrongUse, match="min_delta needs patience"):
        read_experiment("name: mine\ntraining: {min_delta: 0.01}")
