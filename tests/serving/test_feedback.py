"""`POST /v1/feedback`: right, wrong, or which species."""

import numpy as np
import pytest
from fastapi.testclient import TestClient

from silencio.data.feedback import FeedbackStore
from tests.bundles import encode, tone


@pytest.fixture
def request_id(service: TestClient) -> str:
    """Of a recording in which a litter frog is heard."""
    seed = int(np.random.default_rng().integers(2**31))
    return str(service.post("/v1/identify", content=tone("frogli1", seed=seed)).json()["request"])


def say(service: TestClient, about: str, **word: object) -> tuple[int, str]:
    response = service.post("/v1/feedback", json={"request": about, "said_by": "Rosa"} | word)
    return response.status_code, response.json().get("detail", "")


def said(store: FeedbackStore, request: str) -> set[tuple[str, bool]]:
    (audio,) = {kept.audio for kept in store.spoken_about() if kept.request == request}
    return {(s.species, s.present) for s in store.statements() if s.audio == audio}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ({"species": "howmon1"}, {("howmon1", True)}),
        ({"species": ["howmon1", "antshr1"]}, {("howmon1", True), ("antshr1", True)}),
        ({"verdict": "right"}, {("frogli1", True)}),
        ({"verdict": "wrong"}, {("frogli1", False)}),
        ({"verdict": "wrong", "species": "frogli1", "start": 0, "end": 1}, {("frogli1", False)}),
    ],
)
def test_a_guide_says_right_wrong_or_which(
    service: TestClient,
    store: FeedbackStore,
    request_id: str,
    word: dict[str, object],
    expected: set[tuple[str, bool]],
) -> None:
    assert say(service, request_id, **word) == (201, "")
    assert said(store, request_id) == expected


def test_saying_the_same_again_changes_nothing(
    service: TestClient, store: FeedbackStore, request_id: str
) -> None:
    for _ in range(3):
        assert say(service, request_id, verdict="wrong")[0] == 201

    assert said(store, request_id) == {("frogli1", False)}


def test_nothing_that_was_answered_cannot_be_wrong(service: TestClient, store: FeedbackStore) -> None:
    silence = encode(0.001 * np.random.default_rng().standard_normal(16_000))
    answer = service.post("/v1/identify", content=silence).json()
    assert answer["species"] == []

    status, detail = say(service, answer["request"], verdict="wrong")
    assert (status, "Name the species" in detail) == (422, True)
    assert say(service, answer["request"], verdict="right")[0] == 201
    assert said(store, answer["request"]) == {("", True)}


@pytest.mark.parametrize(
    "word",
    [
        {},
        {"verdict": "perhaps"},
        {"species": "no-such"},
        {"species": []},
        {"verdict": "right", "species": ["frogli1"] * 65},
        {"verdict": "right", "start": 1},
        {"verdict": "right", "start": 2, "end": 1},
        {"verdict": "right", "start": -1, "end": 1},
        {"verdict": "right", "said_by": ""},
        {"verdict": "right", "said_by": "Ro\x00sa"},
        {"verdict": "right", "request": "r\x001"},
    ],
)
def test_what_makes_no_sense_is_refused(
    service: TestClient, request_id: str, word: dict[str, object]
) -> None:
    assert say(service, request_id, **word)[0] == 422


def test_an_unknown_request_is_404_and_one_whose_audio_is_gone_410(
    service: TestClient, store: FeedbackStore, request_id: str
) -> None:
    assert say(service, "never-made", verdict="right")[0] == 404
    assert say(service, request_id, verdict="right")[0] == 201
    (audio,) = {kept.audio for kept in store.spoken_about() if kept.request == request_id}
    (store.folder / "audio" / str(audio)).unlink()

    status, detail = say(service, request_id, verdict="wrong")

    assert (status, "not kept" in detail) == (410, True)
