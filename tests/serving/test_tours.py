"""The diversity of a tour, by what was heard and what guides say about it."""

import math
from datetime import datetime

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from silencio.data.feedback import FeedbackStore, Kept, Statement, Verdict, Visit
from silencio.optimize.bundle import Bundle
from silencio.serving.app import create_app
from silencio.serving.service import Service
from silencio.serving.tours import diversity, present, tour_of
from tests.data.feedback.stores import say, send


def visit(*species: str, hour: int = 5, said: tuple[Statement, ...] = ()) -> Visit:
    at = f"2025-06-01T{hour:02d}:30:00-05:00"
    kept = Kept("r", 0.0, "m", 30.0, tuple((code, 0.9) for code in species), said_at=at, audio="a.wav")
    return Visit(kept, said)


def says(who: str, species: str, present: bool, complete: bool = False) -> Statement:
    return Statement("a.wav", species, who, present, complete, None, None, at=0.0)


def test_a_tour_counts_recordings_minutes_species_and_hours() -> None:
    visits = [visit("frog", "bird"), visit("frog"), visit(hour=6), visit("frog", hour=6)]

    tour = tour_of("dawn", visits, {"frog": "Frog"})

    assert (tour.recordings, tour.minutes, tour.corrected) == (4, 2.0, 0)
    assert [(s.code, s.common_name, s.recordings) for s in tour.species] == [
        ("frog", "Frog", 3),
        ("bird", None, 1),
    ]
    assert tour.species[0].first_heard == datetime(2025, 6, 1, 5, 30)
    assert tour.species[0].last_heard == datetime(2025, 6, 1, 6, 30)
    assert [(h.hour, h.recordings, h.richness) for h in tour.hours] == [(5, 2, 2), (6, 2, 1)]


def test_diversity_is_what_the_textbook_says() -> None:
    found = diversity([3, 1, 1], recordings=4)

    assert found.richness == 3
    assert found.shannon == pytest.approx(-(0.6 * math.log(0.6) + 2 * 0.2 * math.log(0.2)), abs=1e-6)
    assert found.simpson == pytest.approx(1 - (0.36 + 0.04 + 0.04))
    # Chao2: 3 + 3/4 * 2 * 1 / (2 * (0 + 1))
    assert found.expected_richness == 3.75


@given(st.lists(st.integers(1, 50), max_size=30))
def test_diversity_keeps_within_its_bounds(counts: list[int]) -> None:
    found = diversity(counts, recordings=max(counts, default=1))

    assert found.richness == len(counts) <= found.expected_richness
    assert 0 <= found.shannon <= math.log(max(1, len(counts))) + 1e-6
    assert 0 <= found.simpson < 1


@given(st.integers(1, 40), st.integers(1, 9))
def test_of_equally_common_species_diversity_is_largest(species: int, each: int) -> None:
    even = diversity([each] * species, recordings=each)

    assert even.shannon == pytest.approx(np.log(species), abs=1e-5)
    assert even.simpson == pytest.approx(1 - 1 / species, abs=1e-5)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ((), {"frog", "bird"}),
        ((says("Rosa", "frog", False),), {"bird"}),
        ((says("Rosa", "frog", False), says("Juan", "frog", True)), {"frog", "bird"}),
        ((says("Rosa", "frog", False), says("Juan", "frog", True), says("Ana", "frog", False)), {"bird"}),
        ((says("Rosa", "monkey", True, complete=True),), {"monkey"}),
        ((says("Rosa", "monkey", True),), {"frog", "bird", "monkey"}),
        ((says("Rosa", "", True, complete=True),), set()),
    ],
)
def test_guides_correct_what_is_counted(said: tuple[Statement, ...], left: set[str]) -> None:
    assert present(visit("frog", "bird", said=said)) == left


def test_a_tour_is_asked_for_by_its_name_and_no_other_is_told_of(
    bundle: Bundle, store: FeedbackStore
) -> None:
    send(store, "t1", b"t1", tour="dawn-8f3a", species=(("frogli1", 0.9), ("howmon1", 0.8)))
    send(store, "t2", b"t2", tour="dawn-8f3a", species=(("frogli1", 0.7),))
    say(store, "t1", "Rosa", "howmon1", verdict=Verdict.WRONG)
    with TestClient(create_app(Service.of(bundle, feedback=store))) as service:
        tour = service.get("/v1/tours/dawn-8f3a").json()
        others = [service.get(f"/v1/tours/{name}").status_code for name in ("dawn", "dawn-8f3b", "%25", "")]

    assert (tour["recordings"], tour["corrected"], tour["diversity"]["richness"]) == (2, 1, 1)
    assert tour["species"][0]["common_name"] == "Litter frog"
    assert others == [404] * 4
