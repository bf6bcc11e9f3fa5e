from datetime import datetime

import numpy as np
import polars as pl
import pytest

from silencio.errors import WrongUse
from silencio.evaluation.slices import SLICES, choose, title_of
from silencio.evaluation.truth import FACTS, Truth
from silencio.settings import Evaluation


def truth_of(**columns: list[object]) -> Truth:
    """Windows with these facts; the others are null."""
    windows = len(next(iter(columns.values())))
    nothing = {name: [None] * windows for name in FACTS}
    facts = pl.DataFrame(nothing | {"recording": ["r"] * windows} | columns, schema=FACTS)
    return Truth(("frog",), np.zeros((windows, 1), dtype=np.bool_), facts)


def test_night_lasts_from_six_in_the_evening_to_six_in_the_morning() -> None:
    hours = [0, 5, 6, 12, 17, 18, 23]
    truth = truth_of(recorded_at=[datetime(2024, 5, 1, hour, 59) for hour in hours])
    assert SLICES["night"].rows(truth).tolist() == [True, True, False, False, False, True, True]


def test_low_snr_is_the_lowest_third_of_the_windows_that_have_one() -> None:
    truth = truth_of(snr_db=[9.0, None, 1.0, 5.0, 2.0, 7.0, float("nan"), 8.0])
    assert SLICES["low_snr"].members(truth).tolist() == [False, False, True, False, True, False, False, False]


def test_insects_and_overlaps_follow_the_facts() -> None:
    truth = truth_of(insects=[True, False, None], callers=[1, 2, 3])
    assert SLICES["insects"].members(truth).tolist() == [True, False, False]
    assert SLICES["overlaps"].members(truth).tolist() == [False, True, True]


@pytest.mark.parametrize("name", ["low_snr", "insects", "overlaps"])
def test_a_slice_of_calls_is_judged_beside_the_silent_windows(name: str) -> None:
    truth = truth_of(callers=[2, 1, 0], insects=[True, False, False], snr_db=[1.0, 9.0, None])
    assert SLICES[name].members(truth).tolist() == [True, False, False]
    assert SLICES[name].rows(truth).tolist() == [True, False, True]


@pytest.mark.parametrize("name", ["night", "low_snr", "insects", "overlaps"])
def test_a_slice_whose_facts_are_missing_is_empty(name: str) -> None:
    truth = truth_of(callers=[None, None])
    assert not SLICES[name].rows(truth).any()


def test_silence_alone_makes_no_slice() -> None:
    assert not SLICES["insects"].rows(truth_of(callers=[0, 0], insects=[False, False])).any()


def test_overall_is_everything() -> None:
    assert SLICES["overall"].rows(truth_of(callers=[None, 0, 1])).all()


def test_every_slice_of_the_settings_exists() -> None:
    assert [s.name for s in choose(Evaluation().slices)] == list(Evaluation().slices)


def test_slices_are_chosen_once_each() -> None:
    assert [s.name for s in choose(["overall", "night", "overall"])] == ["overall", "night"]


def test_an_unknown_slice_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(WrongUse, match="did you mean insects"):
        choose(["insect"])


def test_a_slice_of_another_room_keeps_its_name() -> None:
    assert title_of("canary_traffic") == "Canary traffic"
