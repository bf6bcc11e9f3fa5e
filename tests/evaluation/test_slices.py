from datetime import datetime

import numpy as np
import polars as pl
import pytest

from silencio.errors import WrongUse
from silencio.evaluation.slices import SLICES, choose, named, present, title_of
from silencio.evaluation.truth import FACTS, Truth
from silencio.settings import judging


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


def test_day_is_what_is_dated_and_not_night() -> None:
    truth = truth_of(recorded_at=[datetime(2024, 5, 1, 5), datetime(2024, 5, 1, 6), None])
    assert SLICES["day"].rows(truth).tolist() == [False, True, False]


def test_the_signal_to_noise_ratios_are_three_thirds_of_the_windows_that_have_one() -> None:
    truth = truth_of(snr_db=[9.0, None, 1.0, 5.0, 2.0, 7.0, float("nan"), 8.0])
    low, middle, high = (SLICES[f"{third}_snr"].members(truth) for third in ("low", "middle", "high"))
    assert low.tolist() == [False, False, True, False, True, False, False, False]
    assert middle.tolist() == [False, False, False, True, False, True, False, False]
    assert high.tolist() == [True, False, False, False, False, False, False, True]


@pytest.mark.parametrize("name", ["birds", "frogs", "mammals", "insects"])
def test_a_class_is_where_one_of_it_calls(name: str) -> None:
    truth = truth_of(**{name: [1, 0, None, 3]})
    assert SLICES[name].members(truth).tolist() == [True, False, False, True]


def test_insects_dominate_where_they_are_at_least_half_of_the_callers() -> None:
    truth = truth_of(insects=[1, 1, 1, 0, 0], callers=[1, 2, 3, 1, 0])
    assert SLICES["insect_dominant"].members(truth).tolist() == [True, True, False, False, False]


def test_overlaps_have_two_callers_or_more() -> None:
    assert SLICES["overlaps"].members(truth_of(callers=[1, 2, 3])).tolist() == [False, True, True]


def test_rare_is_a_caller_that_fewer_recordings_than_the_settings_say_are_trained_on() -> None:
    truth = truth_of(least_trained=[0, 4, 5, None])
    assert named("rare", 5).members(truth).tolist() == [True, True, False, False]
    assert choose(["rare"], 4)[0].members(truth).tolist() == [True, False, False, False]


def test_recordings_are_short_or_of_somebody_new_as_the_facts_say() -> None:
    truth = truth_of(new_recordist=[True, False, None], short=[False, True, None])
    assert SLICES["unseen_recordist"].rows(truth).tolist() == [True, False, False]
    assert SLICES["short"].rows(truth).tolist() == [False, True, False]


def test_a_month_and_a_site_are_slices_each() -> None:
    dates = [datetime(2024, 3, 1), datetime(2025, 3, 31), datetime(2024, 12, 1)]
    truth = truth_of(recorded_at=dates, site=["A-1", "B 2", None])
    assert named("month 03").rows(truth).tolist() == [True, True, False]
    assert named("site B 2").rows(truth).tolist() == [False, True, False]


@pytest.mark.parametrize("name", ["low_snr", "insects", "insect_dominant", "overlaps", "rare"])
def test_a_slice_of_calls_is_judged_beside_the_silent_windows(name: str) -> None:
    truth = truth_of(
        callers=[2, 1, 0], insects=[2, 0, 0], snr_db=[1.0, 9.0, None], least_trained=[1, 99, None]
    )
    assert SLICES[name].members(truth).tolist() == [True, False, False]
    assert SLICES[name].rows(truth).tolist() == [True, False, True]


@pytest.mark.parametrize("name", list(judging.SLICES))
def test_a_slice_whose_facts_are_missing_is_empty(name: str) -> None:
    truth = truth_of(callers=[None, None])
    assert not SLICES[name].rows(truth).any()


def test_silence_alone_makes_no_slice() -> None:
    assert not SLICES["insects"].rows(truth_of(callers=[0, 0], insects=[0, 0])).any()


def test_slices_that_are_joined_hold_what_is_in_all_of_them() -> None:
    at_night, by_day = datetime(2024, 5, 1, 22), datetime(2024, 5, 1, 12)
    truth = truth_of(
        recorded_at=[at_night, at_night, by_day, at_night, by_day],
        insects=[1, 0, 1, 0, 0],
        callers=[2, 1, 2, 0, 0],
    )
    joined = named("night+insects")
    assert joined.members(truth).tolist() == [True, False, False, False, False]
    assert joined.rows(truth).tolist() == [True, False, False, True, False], "with the silence of the night"
    assert named("night+insects+overlaps").rows(truth).tolist() == joined.rows(truth).tolist()


def test_slices_of_recordings_that_are_joined_have_no_silence_of_others() -> None:
    truth = truth_of(recorded_at=[datetime(2024, 5, 1, 22)] * 2, short=[True, False], callers=[0, 0])
    assert named("night+short").rows(truth).tolist() == [True, False]


def test_of_what_is_shown_only_slices_with_windows_are_present() -> None:
    truth = truth_of(birds=[1, 0], frogs=[0, 0], callers=[1, 0])
    assert [s.name for s in present(["birds", "frogs", "short"], truth)] == ["birds"]


def test_a_family_is_a_slice_for_each_of_those_that_have_enough_windows() -> None:
    truth = truth_of(
        recorded_at=[datetime(2024, 12, 1), datetime(2024, 3, 1), datetime(2024, 3, 9), None],
        site=["B", "B", "A", "A"],
    )
    assert [s.name for s in present(["month", "site"], truth)] == ["month 03", "month 12", "site A", "site B"]
    assert [s.name for s in present(["month"], truth, minimum_windows=2)] == ["month 03"]


def test_where_all_windows_are_of_one_site_that_is_the_whole_and_no_slice() -> None:
    assert present(["site"], truth_of(site=["A", "A"])) == []


def test_overall_is_everything() -> None:
    assert SLICES["overall"].rows(truth_of(callers=[None, 0, 1])).all()


def test_every_slice_that_settings_may_name_exists() -> None:
    assert [s.name for s in choose(judging.SLICES)] == list(judging.SLICES)
    assert SLICES.keys() == {"overall", *judging.SLICES}


def test_slices_are_chosen_once_each() -> None:
    assert [s.name for s in choose(["overall", "night", "overall"])] == ["overall", "night"]


def test_an_unknown_slice_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(WrongUse, match="did you mean insects"):
        choose(["insect"])


def test_a_slice_of_another_room_keeps_its_name() -> None:
    assert title_of("canary_traffic") == "Canary traffic"
    assert title_of("site") == "Site"


@pytest.mark.parametrize(
    ("name", "title"),
    [("night+insects", "Night + Insects"), ("month 03", "March"), ("site ARB-2", "Site ARB-2")],
)
def test_a_reader_meets_words(name: str, title: str) -> None:
    assert title_of(name) == title
