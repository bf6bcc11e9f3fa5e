from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silencio.monitoring.blocks import DAYS_OF_A_MONTH
from silencio.monitoring.drift import LOOKS, Drift, Pace, limit_of, look_for_drift
from silencio.monitoring.heard import Observed
from silencio.monitoring.judges import ALL, Aspect
from silencio.settings import Monitoring
from tests.monitoring.days import CODES, FIRST, Forest, higher, less_sure, louder

TODAY = FIRST.date() + timedelta(days=365)
FOREST = Forest(1)
REFERENCE = FOREST.reference()


def judged(observed: list[Observed], forest_today: int = 365) -> Drift:
    return look_for_drift(REFERENCE, observed, FIRST.date() + timedelta(days=forest_today))


def alarmed(drift: Drift) -> set[Aspect]:
    return {look.test for look in drift.alarms}


def test_a_day_as_the_champion_knew_it_is_no_drift() -> None:
    assert not judged(FOREST.day(0)).alarms


def test_a_recorder_with_another_microphone_is_named_after_a_day() -> None:
    day = [louder(one, -3) if one.recorder == "site 2" else one for one in FOREST.day(0, 60)]
    (alarm,) = (look for look in judged(day).of(Aspect.INPUT) if look.alarm and look.pace is Pace.DAY)
    assert alarm.strange.whose == "site 2"
    assert alarm.strange.moved[0] > 5
    assert alarm.strange.moved[-1] < -5


def test_a_recorder_that_somebody_turned_up_is_no_drift() -> None:
    day = [
        replace(one, heights=replace(one.heights, quiet=one.heights.quiet + 20))
        for one in FOREST.day(0)
        if one.heights is not None
    ]
    assert not judged(day).of(Aspect.INPUT)[0].alarm


def test_day_and_night_are_no_drift() -> None:
    nights = [one for one in FOREST.days(0, 4, 60) if one.at.hour < 6]
    assert not judged(nights).alarms


def test_a_newcomer_among_the_recorders_is_no_drift() -> None:
    """Another forest's recorders are as far apart as these are."""
    day = [replace(one, recorder=f"phone {k % 3}") for k, one in enumerate(FOREST.day(0))]
    assert not judged(day).of(Aspect.INPUT)[0].alarm


def test_one_recording_however_strange_is_no_drift() -> None:
    first, *others = FOREST.day(0)
    assert not judged([louder(first, 1000), *others]).of(Aspect.INPUT)[0].alarm


def test_a_species_that_calls_otherwise_is_named_after_a_day() -> None:
    day = [higher(one, 1) if one.surest == "toad" else one for one in FOREST.day(0, 60)]
    (alarm,) = (look for look in judged(day).alarms if look.pace is Pace.DAY)
    assert (alarm.test, alarm.strange.whose) == (Aspect.CALLS, "toad")


def test_a_model_that_is_less_sure_all_day_is_drift() -> None:
    drift = judged([less_sure(one, -2.5) for one in FOREST.day(0)])
    assert alarmed(drift) == {Aspect.CONFIDENCE}
    assert drift.alarms[0].strange.moved[0] == pytest.approx(-2.5, abs=0.8)


def test_a_day_of_one_species_alone_is_drift_of_the_labels() -> None:
    day = [replace(one, over=frozenset({"toad"})) for one in FOREST.day(0)]
    assert alarmed(judged(day)) == {Aspect.LABELS}


def test_guides_who_find_most_answers_wrong_are_drift_and_those_who_find_none_are_not() -> None:
    assert alarmed(judged([replace(one, right=False) for one in FOREST.day(0)])) == {Aspect.FEEDBACK}
    assert not judged([replace(one, right=True) for one in FOREST.day(0)]).alarms


def test_what_guides_did_not_judge_counts_neither_way() -> None:
    drift = judged([replace(one, right=None) for one in FOREST.day(0)])
    assert drift.not_asked == {
        Aspect.FEEDBACK: "0 recordings of days that are over tell of it, 8 are asked for"
    }


def test_a_day_that_is_not_over_is_not_judged() -> None:
    assert not judged(FOREST.day(0), forest_today=0).looks


def test_a_slow_drift_that_no_day_shows_is_shown_by_a_week() -> None:
    week = [less_sure(one, -0.7) for one in FOREST.days(0, 7)]
    found = judged(week).of(Aspect.CONFIDENCE)
    assert {look.pace for look in found if look.alarm} == {Pace.WEEK}


@settings(max_examples=10)
@given(asked=st.lists(st.integers(1, 15), min_size=1, max_size=10))
def test_however_often_it_is_asked_each_block_is_judged_once_and_never_otherwise(asked: list[int]) -> None:
    heard = FOREST.days(0, 15, 8)
    said: dict[tuple[object, ...], float] = {}
    for today in asked:
        # Whoever asks early knows only what was heard by then.
        known = [one for one in heard if one.day <= FIRST.date() + timedelta(days=today)]
        for look in judged(known, today).looks:
            block = (look.test, look.pace, look.block.first, look.block.last)
            assert said.setdefault(block, look.strange.p) == look.strange.p


@given(rate=st.floats(0.01, 1))
def test_the_shares_of_all_looks_of_a_month_add_up_to_what_is_borne(rate: float) -> None:
    of_all = sum(limit_of(pace, rate) * LOOKS[pace] * len(Aspect) for pace in Pace)
    assert of_all == pytest.approx(rate)


def test_a_reference_of_too_few_days_judges_nothing_and_says_so() -> None:
    thin = FOREST.reference(days=2)
    drift = look_for_drift(thin, FOREST.day(0), TODAY)
    assert set(drift.not_asked) >= {Aspect.INPUT, Aspect.LABELS}
    assert "too little" in drift.not_asked[Aspect.INPUT]


def test_species_that_the_reference_does_not_watch_count_together() -> None:
    day = [replace(one, over=frozenset({f"unheard {k}"})) for k, one in enumerate(FOREST.day(0))]
    found = next(look for look in judged(day).of(Aspect.LABELS) if look.pace is Pace.DAY)
    assert found.alarm
    assert found.strange.whose == ALL
    assert found.strange.moved[-1] == pytest.approx(1, abs=0.1)
    assert len(found.strange.moved) == len(CODES) + 1


def false_alarms(seeds: range, months: int) -> float:
    """Alarms a month in forests that do not drift."""
    days, alarms = round(months * DAYS_OF_A_MONTH), 0
    for seed in seeds:
        forest = Forest(seed, alike=float(np.random.default_rng(seed).choice([0.02, 0.1, 0.3])))
        reference = forest.reference(days=40, recordings=8)
        drift = look_for_drift(
            reference, forest.days(0, days, 16), TODAY + timedelta(days=3650), Monitoring()
        )
        alarms += len(drift.alarms)
    return alarms / (len(seeds) * months)


def test_forests_that_do_not_drift_raise_less_than_an_alarm_a_month() -> None:
    assert false_alarms(range(6), 3) <= 1


@pytest.mark.slow
def test_over_many_months_it_is_less_than_one_a_month_though_some_days_are_all_rain() -> None:
    assert false_alarms(range(100, 150), 12) <= 1
