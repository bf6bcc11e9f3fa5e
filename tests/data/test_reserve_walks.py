"""A guide's walks: what she records after the release, and how a worn microphone sounds."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silencio.data.reserve import record
from silencio.data.reserve.microphone import microphone, worn
from silencio.data.reserve.recordings import plan_recordings, render_recording, score_recording
from silencio.data.reserve.walks import FIRST_DAY, plan_walks
from silencio.settings import Reserve

SMALL = Reserve(seed=3, species=4, recordings_per_species=3, recordists=4, soundscapes=4, sites=2)


@given(st.integers(1, 40), st.integers(1, 5))
def test_she_meets_all_species_in_turn_day_after_day(recordings: int, days: int) -> None:
    walked = plan_walks(SMALL, "A", recordings, days, 1.0)

    met = Counter(one.species.code for one in walked)
    assert max(met.values()) - min(met.values()) <= (0 if recordings % 4 == 0 else 1)
    came = [one.recorded_at.date() for one in walked]
    assert came == sorted(came)
    assert set(came) <= {(FIRST_DAY + timedelta(days=day)).date() for day in range(days)}


def test_nothing_of_a_walk_is_in_the_release_or_in_another_walk() -> None:
    every = [*plan_recordings(SMALL), *plan_walks(SMALL, "A", 4, 1, 0), *plan_walks(SMALL, "B", 4, 1, 0)]
    assert len({one.identifier for one in every}) == len(every)
    assert {one.recordist for one in every[-8:]}.isdisjoint(one.recordist for one in every[:-8])
    first, again, other = (
        render_recording(one, score_recording(one)) for one in (every[-8], every[-8], every[-4])
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first[:10_000], other[:10_000])


def test_a_worn_microphone_is_duller_than_any_new_one_and_rings() -> None:
    new = [microphone(1, owner, 1.0) for owner in range(50)]
    old = [worn(one, 1.0) for one in new]
    assert max(one.colour_db for one in old) < min(one.colour_db for one in new)
    assert {one.bump_gain for one in old} == {18.0}
    assert [worn(one, 0.0).colour_db for one in new] == [one.colour_db for one in new]


def test_each_is_written_once_and_the_same_each_time(tmp_path: Path) -> None:
    walked = plan_walks(SMALL, "A", 3, 1, 1.0)
    told = list[tuple[int, int]]()
    paths = record(walked, tmp_path / "one", lambda done, of: told.append((done, of)))
    written = {path: path.stat().st_mtime_ns for path in paths}

    assert told == [(1, 3), (2, 3), (3, 3)]
    assert record(walked, tmp_path / "one") == paths
    assert {path: path.stat().st_mtime_ns for path in paths} == written
    assert [path.read_bytes() for path in record(walked, tmp_path / "two")] == [
        path.read_bytes() for path in paths
    ]


@pytest.mark.parametrize("wear", [0.0, 1.0])
def test_she_has_one_microphone_on_all_her_walks(wear: float) -> None:
    walked = [*plan_walks(SMALL, "A", 3, 1, wear), *plan_walks(SMALL, "B", 3, 1, wear)]
    assert len({one.microphone for one in walked}) == 1
