"""What the settings ask of the reserve, its recordings hold: SNR, overlap, night, colour and drift."""

import dataclasses
import itertools
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError

from silencio.data.reserve.background import background
from silencio.data.reserve.chance import chance, some
from silencio.data.reserve.dialect import FIRST_YEAR, LEARNT
from silencio.data.reserve.hours import is_night, nightliness, nights
from silencio.data.reserve.microphone import BRIGHT, DULL, microphone
from silencio.data.reserve.path import usual_metres, usual_snr
from silencio.data.reserve.place import place
from silencio.data.reserve.recordings import Recording, plan_recordings, score_recording
from silencio.data.reserve.score import Bout, bouts, overlap, singer
from silencio.data.reserve.soundscapes import plan_soundscapes, score_soundscape
from silencio.data.reserve.species import Species, inhabitants
from silencio.data.reserve.voice import RATE, sing
from silencio.settings import Reserve

SMALL = Reserve(seed=3, species=4, recordings_per_species=3, recordists=4, soundscapes=4, sites=2)
SHARES = st.floats(0, 1)


def species(code: str) -> Species:
    return next(one for one in inhabitants(1, 24) if one.code == code)


@given(st.integers(0, 100), SHARES, st.integers())
def test_some_are_as_near_to_a_share_as_whole_numbers_come(count: int, share: float, seed: int) -> None:
    chosen = some(count, share, chance(seed, "some"))

    assert len(chosen) == count
    assert abs(sum(chosen) - share * count) < 1


@given(st.lists(st.floats(-20, 50), min_size=2, max_size=2).map(sorted))
def test_every_snr_lies_in_its_range(bounds: list[float]) -> None:
    low, high = bounds
    settings = SMALL.model_copy(update={"snr_db": (low, high)})

    assert all(low - 0.06 <= recording.snr_db <= high + 0.06 for recording in plan_recordings(settings))


def test_calls_in_soundscapes_have_a_range_of_their_own() -> None:
    settings = Reserve(soundscape_snr_db=(3, 9))
    heard = [call.snr_db for minute in plan_soundscapes(settings) for call in score_soundscape(minute)]

    assert 3 <= min(heard) < 5
    assert 7 < max(heard) <= 9


@given(st.floats(-5, 30))
def test_who_is_fainter_is_farther(snr_db: float) -> None:
    assert usual_snr(usual_metres(snr_db)) == pytest.approx(snr_db)
    assert usual_metres(snr_db) > usual_metres(snr_db + 1)


@pytest.mark.parametrize("name", ["snr_db", "soundscape_snr_db"])
def test_a_range_that_runs_backwards_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match=rf"{name} goes from the faintest to the nearest: \[2, 9\]"):
        Reserve.model_validate({name: (9, 2)})


@given(SHARES)
def test_the_share_of_overlapped_recordings_is_the_one_asked_for(share: float) -> None:
    recordings = plan_recordings(SMALL.model_copy(update={"overlap": share, "recordings_per_species": 25}))

    assert np.mean([r.secondary is not None for r in recordings]) == pytest.approx(share, abs=1 / 25)


def test_the_recorded_overlap_is_what_the_calls_themselves_show() -> None:
    for recording in plan_recordings(Reserve(overlap=1))[::20]:
        *first, second = score_recording(recording)
        theirs = np.zeros(recording.samples, bool)
        ours = theirs.copy()
        for call in first:
            ours[call.start : call.start + len(call.samples)] = True
        theirs[second.start : second.start + len(second.samples)] = True
        said = overlap(bouts([*first, second], recording.samples), recording.species.code)

        assert said == pytest.approx(theirs[ours].mean(), abs=0.01)
        assert 0 < said <= 1


def test_a_second_caller_is_never_nearer_than_the_one_it_interrupts() -> None:
    for recording in plan_recordings(Reserve(overlap=1))[::20]:
        *first, second = score_recording(recording)

        assert recording.secondary is second.species is not recording.species
        assert second.snr_db <= first[0].snr_db


def test_overlap_counts_other_species_only() -> None:
    heard = [Bout(0, 4, "a", 9), Bout(1, 3, "a", 9), Bout(3, 5, "b", 9), Bout(7, 8, "c", 9)]

    assert overlap(heard, "a") == pytest.approx(1 / 4)
    assert overlap(heard, "b") == pytest.approx(1 / 2)
    assert overlap(heard) == pytest.approx(1 / 6, abs=0.001)
    assert overlap([]) == 0


@given(SHARES)
def test_the_share_of_the_night_is_the_one_asked_for(share: float) -> None:
    recordings = plan_recordings(SMALL.model_copy(update={"night": share, "recordings_per_species": 25}))

    assert np.mean([is_night(r.recorded_at) for r in recordings]) == pytest.approx(share, abs=1 / 25)


@given(st.floats(0.02, 0.98), st.integers(4, 36))
def test_at_any_share_the_nocturnal_are_heard_at_night_more_than_others(share: float, count: int) -> None:
    residents = inhabitants(1, count)
    nightly = np.array(nightliness(residents, share))
    nocturnal = np.array([one.nocturnal for one in residents])

    assert nightly.mean() == pytest.approx(share, abs=1e-6)
    assert nightly[nocturnal].min() > nightly[~nocturnal].max()


def test_where_half_is_night_nearly_everybody_keeps_to_their_hours() -> None:
    recordings = plan_recordings(Reserve())
    fits = np.mean([r.species.nocturnal == is_night(r.recorded_at) for r in recordings])

    assert 0.85 < fits < 1


@given(st.integers(2, 50), st.floats(0.01, 0.99))
def test_every_site_has_a_day_and_a_night(turns: int, share: float) -> None:
    dealt = nights(turns, share)

    assert len(dealt) == turns
    assert {*dealt} == {False, True}
    assert abs(sum(dealt) - share * turns) <= 1


@pytest.mark.parametrize("share", [0, 1])
def test_where_it_is_never_night_or_always_every_species_is_still_heard(share: int) -> None:
    settings = Reserve(night=share, soundscapes=16)
    soundscapes = plan_soundscapes(settings)

    assert {is_night(one.recorded_at) for one in soundscapes} == {bool(share)}
    assert len({caller.code for one in soundscapes for caller in one.callers}) == settings.species


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 1])
def test_it_rains_as_often_as_asked_for(share: float) -> None:
    settings = SMALL.model_copy(update={"rain": share, "recordings_per_species": 25, "soundscapes": 20})

    for pieces in (plan_recordings(settings), plan_soundscapes(settings)):
        assert np.mean([piece.raining for piece in pieces]) == pytest.approx(share, abs=1 / 20)


@pytest.mark.parametrize("share", [0, 0.2, 1])
def test_a_stream_is_near_to_as_many_places_as_asked_for(share: float) -> None:
    near = np.mean([place(1, number, share).stream is not None for number in range(200)])

    assert near == pytest.approx(share, abs=0.1)


def brightness(samples: NDArray[np.float32]) -> float:
    """dB of the mean level, over octaves, of the bright band against the dull one."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / RATE)

    def level(low: float, high: float) -> float:
        edges = np.geomspace(low, high, 17)
        bins = np.searchsorted(frequencies, edges)
        return float(np.mean([10 * np.log10(power[a:b].mean()) for a, b in itertools.pairwise(bins)]))

    return level(*BRIGHT) - level(*DULL)


@given(st.integers(0, 5), st.integers(0, 20), st.integers(0, 20))
def test_without_colour_all_microphones_are_one(seed: int, one: int, other: int) -> None:
    ours, theirs = microphone(seed, one, 0), microphone(seed, other, 0)

    assert abs(ours.colour_db) < 0.1
    assert dataclasses.replace(ours, bump=theirs.bump) == theirs


def test_colour_spreads_the_microphones() -> None:
    spreads = [
        np.std([microphone(1, owner, strength).colour_db for owner in range(40)]) for strength in (0, 1, 2)
    ]

    assert spreads[0] < 1 < spreads[1] < spreads[2]


def test_the_recorded_colour_is_the_one_that_is_heard() -> None:
    """The same forest through two microphones; without their own noise, which would hide the difference."""
    ground = place(1, "here", streams=0)
    ours = sorted((microphone(1, owner, 1) for owner in range(8)), key=lambda m: m.colour_db)
    dullest, brightest = (dataclasses.replace(m, self_noise=-60) for m in (ours[0], ours[-1]))

    heard = [
        brightness(background(ground, each, 22, False, 4 * RATE, np.random.default_rng(5)))
        for each in (dullest, brightest)
    ]

    assert heard[1] - heard[0] == pytest.approx(brightest.colour_db - dullest.colour_db, abs=0.5)
    assert brightest.colour_db - dullest.colour_db > 3


def sung(kind: Species, drift: float, year: int) -> tuple[float, float]:
    """The pitch (the centroid of the power, in Hz) and the seconds of a bout, geometric means over many singers."""
    centroids, seconds = [], []
    for number in range(8):
        rng = np.random.default_rng(number)
        samples = sing(singer(kind, drift, datetime(year, 5, 1), rng), rng)
        power = np.abs(np.fft.rfft(samples)) ** 2
        centroids.append(np.log((power * np.fft.rfftfreq(len(samples), 1 / RATE)).sum() / power.sum()))
        seconds.append(np.log(len(samples)))
    return float(np.exp(np.mean(centroids))), float(np.exp(np.mean(seconds)) / RATE)


@pytest.mark.parametrize("code", ["bir003", "bir004", "fro003"])
def test_after_four_years_a_species_sings_as_much_higher_or_lower_as_its_dialect_says(code: str) -> None:
    kind = species(code)
    then, now = sung(kind, 1.0, FIRST_YEAR)[0], sung(kind, 1.0, FIRST_YEAR + 4)[0]

    said = kind.dialect.semitones(1.0, datetime(FIRST_YEAR + 4, 5, 1))
    assert abs(said) >= 2 * LEARNT[kind.class_name]
    assert 12 * np.log2(now / then) == pytest.approx(said, abs=0.7)


def test_tempo_drifts_as_well() -> None:
    when = datetime(FIRST_YEAR + 4, 5, 1)
    kind = max(inhabitants(1, 24), key=lambda one: abs(one.dialect.tempo))
    rngs = [np.random.default_rng(1) for _ in range(2)]
    then, now = (
        singer(kind, 1.0, at, rng).tempo
        for at, rng in zip((datetime(FIRST_YEAR, 5, 1), when), rngs, strict=True)
    )

    assert now / then == pytest.approx(kind.dialect.slowness(1.0, when))
    assert abs(np.log(now / then)) > 0.1


def test_without_drift_the_years_sound_the_same() -> None:
    kind = species("bir001")

    assert sung(kind, 0, FIRST_YEAR) == sung(kind, 0, FIRST_YEAR + 4)
    assert {r.species.dialect.semitones(0, r.recorded_at) for r in plan_recordings(Reserve())} == {0}


def test_of_two_relatives_one_rises_and_the_other_falls() -> None:
    for one, other in (
        ("bir001", "bir002"),
        ("fro001", "fro002"),
        ("mam001", "mam002"),
        ("ins001", "ins002"),
    ):
        assert species(one).dialect.pitch * species(other).dialect.pitch < 0


@given(st.floats(0, 4), st.integers(FIRST_YEAR, FIRST_YEAR + 20))
def test_nobody_drifts_by_more_than_is_allowed(drift: float, year: int) -> None:
    for kind in inhabitants(1, 12):
        drifted = abs(kind.dialect.semitones(drift, datetime(year, 5, 1)))
        assert drifted <= drift * (year - FIRST_YEAR) + 0.001


def test_newer_recordings_have_drifted_farther_than_older_ones() -> None:
    """So a split by time judges on dialects that it has not trained on."""

    def drifted(recordings: list[Recording]) -> float:
        return float(np.mean([abs(r.species.dialect.semitones(0.3, r.recorded_at)) for r in recordings]))

    by_time = sorted(plan_recordings(Reserve()), key=lambda r: r.recorded_at)
    cut = round(0.7 * len(by_time))

    assert drifted(by_time[cut:]) > 2 * drifted(by_time[:cut])
