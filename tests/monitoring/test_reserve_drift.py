"""The reserve's own microphones and dialects: what changes is caught after one day, what does not is left alone."""

from datetime import date, datetime, timedelta

import pytest

from silencio.monitoring.drift import Drift, Pace, look_for_drift
from silencio.monitoring.judges import Aspect
from silencio.monitoring.reference import reference_of
from tests.monitoring.reserve_days import (
    FIRST,
    FRONT_END,
    RESERVE,
    day_at,
    hear,
    in_another_dialect,
    learnt,
    recordings,
)

DAY = datetime(2025, 3, 3)
NEXT = date(2025, 3, 4)
SITES = 4


def caught(drift: Drift) -> set[Aspect]:
    return {look.test for look in drift.alarms if look.pace is Pace.DAY}


@pytest.mark.slow
def test_a_changed_or_worn_microphone_is_caught_within_a_day_and_the_old_one_is_not() -> None:
    usual = [
        one
        for day in range(20)
        for site in range(SITES)
        for one in day_at(site, FIRST + timedelta(days=day), 4)
    ]
    reference = reference_of(usual, [], FRONT_END)
    for site in range(SITES):
        assert not look_for_drift(reference, day_at(site, DAY, 24), NEXT).alarms
        for owner in ("a new one", "a spare one"):
            drift = look_for_drift(reference, day_at(site, DAY, 24, owner), NEXT)
            assert caught(drift) == {Aspect.INPUT}, f"site {site} with {owner}"
        assert caught(look_for_drift(reference, day_at(site, DAY, 24, wear=1.0), NEXT)) == {Aspect.INPUT}


@pytest.mark.slow
@pytest.mark.parametrize("semitones_a_year", [RESERVE.drift, 1.5])
def test_a_dialect_shift_is_caught_within_a_day_and_the_usual_drift_is_not(semitones_a_year: float) -> None:
    model, reference = learnt(
        [hear(r) for r in recordings(0, 120, 8)], [hear(r) for r in recordings(120, 300, 3)]
    )
    fresh = [in_another_dialect(r, semitones_a_year) for r in recordings(420, 40, 40, DAY)]
    drift = look_for_drift(reference, [model.observe(hear(r)) for r in fresh], NEXT)
    if semitones_a_year == RESERVE.drift:
        assert not drift.alarms
    else:
        assert Aspect.CALLS in caught(drift)
