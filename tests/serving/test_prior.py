"""Place and date nudge the odds of a species, as far as recordings tell; no more."""

from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from silencio.data.sightings import TABLE, Sightings
from silencio.handover import Kind, seal
from silencio.optimize.bundle import Bundle, write_contents
from silencio.serving.app import create_app
from silencio.serving.prior import STRONGEST, Spot, odds_there, weighted
from silencio.serving.service import Service
from tests.bundles import FRONT_END, SPECIES, make_bundle, tone

HERE, FAR = (9.5, -84.5), (-33.5, 151.5)
IN_MAY = datetime(2026, 5, 3)
EVERYWHERE = Spot(None, None, None)

SEEN = [(0, 5, *HERE, 300), (1, 5, *HERE, 100), (1, 11, *HERE, 300), (2, 5, *FAR, 300)]
"""(class, month, latitude, longitude, recordings)"""


def sightings(rows: list[tuple[int, int | None, float | None, float | None, int]]) -> Sightings:
    return Sightings(pl.DataFrame(rows, schema=TABLE, orient="row"))


def test_a_species_that_is_recorded_nearby_is_likelier_and_one_that_is_not_less_so() -> None:
    odds = odds_there(sightings(SEEN), 3, Spot(*HERE, None))
    assert odds[0] > 1 > odds[2] > 0


def test_the_season_counts_too() -> None:
    known = sightings(SEEN)
    in_may, in_november = (odds_there(known, 3, Spot(None, None, datetime(2026, m, 1))) for m in (5, 11))
    assert in_may[1] < 1 < in_november[1]


def test_december_is_next_to_january() -> None:
    known = sightings([(0, 1, *HERE, 100), (1, 7, *HERE, 100)])
    odds = odds_there(known, 2, Spot(None, None, datetime(2026, 12, 1)))
    assert odds[0] > 1 > odds[1]


def test_where_nobody_recorded_anything_nothing_changes() -> None:
    odds = odds_there(sightings(SEEN), 3, Spot(71.0, 25.0, IN_MAY))
    np.testing.assert_allclose(odds, 1, atol=1e-3)


def test_recordings_that_do_not_tell_their_place_say_nothing_of_places() -> None:
    told = odds_there(sightings(SEEN), 3, Spot(*HERE, None))
    untold = odds_there(sightings([*SEEN, (2, 5, None, None, 9_999)]), 3, Spot(*HERE, None))
    np.testing.assert_array_equal(told, untold)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),
            st.one_of(st.none(), st.integers(1, 12)),
            st.floats(-90, 90),
            st.floats(-180, 180),
            st.integers(1, 10_000),
        ),
        max_size=8,
    ),
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.sampled_from([None, IN_MAY]),
    st.lists(st.floats(0, 1, width=32), min_size=3, max_size=3),
)
def test_no_prior_silences_a_species_or_makes_it_certain(
    rows: list[tuple[int, int | None, float, float, int]],
    latitude: float,
    longitude: float,
    at: datetime | None,
    probabilities: list[float],
) -> None:
    odds = odds_there(sightings(list(rows)), 3, Spot(latitude, longitude, at))
    before = np.array([probabilities], np.float32)
    after = weighted(before, odds)
    assert ((odds >= 1 / STRONGEST) & (odds <= STRONGEST)).all()
    assert np.isfinite(after).all()
    unsure = (before > 1e-5) & (before < 1 - 1e-5)
    assert ((after > 0) & (after < 1))[unsure].all()
    agreed = np.sign(np.round(after - before, 6)) * np.sign(odds - 1) >= 0
    assert agreed[unsure].all(), "likelier there is never less likely in the answer"


def test_what_is_sure_stays_heard_wherever_it_is() -> None:
    assert weighted(np.array([[0.9]], np.float32), np.array([1 / STRONGEST]))[0, 0] > 0.5


@pytest.fixture(scope="module")
def with_places(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = make_bundle(tmp_path_factory.mktemp("placed")).folder
    (folder / "manifest.json").unlink()
    write_contents(folder, SPECIES, {s.code: 0.5 for s in SPECIES}, FRONT_END, sightings=sightings(SEEN))
    seal(folder, Kind.BUNDLE, {})
    return Bundle.open(folder)


def test_a_bundle_gives_back_what_was_sealed_in_it(with_places: Bundle) -> None:
    assert with_places.sightings is not None
    assert with_places.sightings.table.rows() == SEEN


def test_a_bundle_whose_catalog_tells_no_places_carries_none(tmp_path: Path) -> None:
    write_contents(tmp_path, SPECIES, {}, FRONT_END, sightings=sightings([]))
    assert not (tmp_path / "prior.json").exists()


def test_an_answer_holds_the_raw_and_the_weighted(with_places: Bundle) -> None:
    recording = tone("howmon1")
    with TestClient(create_app(Service.of(with_places))) as service:
        plain = service.post("/v1/identify", content=recording).json()
        there = service.post("/v1/identify?latitude=9.5&longitude=-84.5&at=2026-05-03", content=recording)
    weighed = there.json()
    assert weighed["prior"]["applied"]
    assert weighed["windows"][0]["raw"] == plain["windows"][0]["probabilities"]
    heard, before = weighed["species"][0], plain["species"][0]
    assert heard["raw_confidence"] == before["confidence"] > heard["confidence"] > 0
    assert (plain["prior"]["applied"], plain["windows"][0]["raw"]) == (False, None)


def test_a_model_that_knows_no_places_says_so(service: TestClient) -> None:
    answer = service.post("/v1/identify?latitude=9.5&longitude=-84.5", content=tone("howmon1")).json()
    assert answer["prior"] == {
        "applied": False,
        "why": "The model's recordings tell neither place nor date.",
    }
    assert answer["windows"][0]["raw"] is None
