"""A recording may be sent in several ways, and so may what is asked of it; what makes no sense is said."""

import io
from base64 import b64encode
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from silencio.audio import Features, LogMel, load, windows_of
from silencio.optimize.bundle import Bundle
from silencio.serving.wish import NAMELESS, harmless
from tests.bundles import FRONT_END, SPECIES, TONES, tone

FROG = tone("frogli1", 2.0)


def npy(values: np.ndarray, **options: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, values, **options)
    return file.getvalue()


def decibels(recording: bytes) -> np.ndarray:
    """[windows, mels, frames], as whoever computes pictures would compute them."""
    samples = load(recording, FRONT_END.sample_rate)
    log_mel = LogMel(FRONT_END)
    return np.stack([log_mel.decibels(window) for window in samples.reshape(-1, FRONT_END.window_samples)])


@pytest.fixture
def windows(service: TestClient) -> list[dict[str, Any]]:
    """What is answered to the raw body."""
    answered: list[dict[str, Any]] = service.post("/v1/identify", content=FROG).json()["windows"]
    return answered


def closest(answer: Any, windows: list[dict[str, Any]]) -> float:
    """The largest difference of a probability."""
    return max(
        abs(one["probabilities"][s.code] - other["probabilities"][s.code])
        for one, other in zip(answer.json()["windows"], windows, strict=True)
        for s in SPECIES
    )


def test_base64_in_json_is_answered_like_a_raw_body(service: TestClient, windows: list[Any]) -> None:
    answer = service.post("/v1/identify", json={"audio": b64encode(FROG).decode()})
    assert answer.json()["windows"] == windows


@pytest.mark.parametrize("kind", ["<f4", "<f2"])
def test_log_mel_in_decibels_is_answered_like_its_sound(
    service: TestClient, windows: list[Any], kind: str
) -> None:
    answer = service.post("/v1/identify", content=npy(decibels(FROG).astype(kind)))
    assert answer.status_code == 200, answer.text
    assert closest(answer, windows) < (1e-5 if kind == "<f4" else 1e-2)


def test_log_mel_as_lists_is_answered_like_its_sound(service: TestClient, windows: list[Any]) -> None:
    answer = service.post("/v1/identify", json={"mel": decibels(FROG).tolist()})
    assert closest(answer, windows) < 1e-5


def test_pictures_on_the_scale_of_the_front_end_go_to_the_model_as_they_are(
    service: TestClient, windows: list[Any], bundle: Bundle
) -> None:
    pictures = windows_of(FROG, Features(bundle.front_end)).features
    answer = service.post("/v1/identify?scale=front_end", content=npy(pictures))
    assert closest(answer, windows) < 1e-5
    assert answer.json()["seconds"] == 2.0


SHAPE = (1, FRONT_END.n_mels, FRONT_END.frames)
NO_PICTURES = {
    "another shape": npy(np.zeros((1, 64, 10), "f4")),
    "no windows": npy(np.zeros((0, *SHAPE[1:]), "f4")),
    "not a number": npy(np.full(SHAPE, np.nan, "f4")),
    "beyond sound": npy(np.full(SHAPE, 1e30, "f4")),
    "numbers that are no floats": npy(np.zeros(SHAPE, "i8")),
    "the other byte order": npy(np.zeros(SHAPE, ">f4")),
    "by columns": npy(np.asfortranarray(np.zeros(SHAPE, "f4"))),
    "objects": npy(np.array([[[{"a": 1}]]], dtype=object), allow_pickle=True),
    "a lone header": npy(np.zeros(SHAPE, "f4"))[:128],
    "half of it": npy(np.zeros(SHAPE, "f4"))[:5_000],
    "a forged shape": npy(np.zeros(SHAPE, "f4")).replace(b"(1, 32,", b"(9, 32,"),
    "a negative shape": npy(np.zeros(SHAPE, "f4")).replace(b"(1, 32,", b"(-1,32,"),
    "a huge shape": npy(np.zeros((1, 1, 1), "f4")).replace(b"(1, 1, 1), }        ", b"(1, 99999999999), } "),
    "no dictionary": b"\x93NUMPY\x01\x00v\x00" + b"[" * 118,
    "code": b"\x93NUMPY\x01\x00v\x00" + b"__import__('os').abort()".ljust(118),
    "a long header": b"\x93NUMPY\x01\x00\xff\xff" + b" " * 65_535,
    "another version": b"\x93NUMPY\x09\x00v\x00" + b" " * 118,
    "longer than allowed": npy(np.zeros((21, *SHAPE[1:]), "f2")),
}


@pytest.mark.parametrize("content", NO_PICTURES.values(), ids=NO_PICTURES.keys())
def test_what_is_no_picture_of_this_front_end_is_refused(service: TestClient, content: bytes) -> None:
    answer = service.post("/v1/identify", content=content)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


JSON = {
    "no JSON": b"{",
    "nothing to hear": b"{}",
    "two things to hear": b'{"audio": "", "mel": []}',
    "no object": b"[1]",
    "audio that is a number": b'{"audio": 1}',
    "audio that is no base64": b'{"audio": "&&&&"}',
    "audio that is not ASCII": '{"audio": "ü"}'.encode(),
    "empty audio": b'{"audio": ""}',
    "lists of several lengths": b'{"mel": [[[1], [1, 2]]]}',
    "words in lists": b'{"mel": [[["a"]]]}',
    "objects in lists": b'{"mel": [[[{}]]]}',
    "no number": b'{"mel": [[[NaN]]]}',
    "depth": b'{"mel": ' + b"[" * 100_000,
    "digits": b'{"mel": ' + b"1" * 100_000 + b"}",
    "not UTF-8": b'{"audio": "\xff"}',
    "an unknown key": b'{"audio": "UklGRg==", "tpo_k": 1}',
    "a wrong wish": b'{"audio": "UklGRg==", "top_k": {}}',
}


@pytest.mark.parametrize("body", JSON.values(), ids=JSON.keys())
def test_json_that_makes_no_sense_is_refused(service: TestClient, body: bytes) -> None:
    answer = service.post("/v1/identify", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (415, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("body", [b'{"mel": [' + b"[]," * 300_000, b'{"audio": "' + b"A" * 600_000])
def test_json_that_would_grow_too_large_is_not_read(service: TestClient, body: bytes) -> None:
    answer = service.post("/v1/identify", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_what_is_asked_may_stand_in_the_query_in_a_form_or_in_json(service: TestClient) -> None:
    audio = b64encode(FROG).decode()
    answers = [
        service.post("/v1/identify?top_k=1&min_confidence=0", content=FROG),
        service.post(
            "/v1/identify", files={"file": FROG}, data={"top_k": "1", "min_confidence": "0", "tour": ""}
        ),
        service.post("/v1/identify", json={"audio": audio, "top_k": 1, "min_confidence": 0}),
        service.post("/v1/identify?top_k=3", json={"audio": audio, "top_k": 1, "min_confidence": 0}),
    ]
    for answer in answers:
        assert [s["code"] for s in answer.json()["species"]] == ["frogli1"]
        assert [list(w["probabilities"]) for w in answer.json()["windows"]] == [["frogli1"]] * 2


def test_only_the_species_that_are_asked_for_are_answered(service: TestClient) -> None:
    for query in ("species=howmon1,frogli1", "species=howmon1&species=frogli1"):
        answer = service.post(f"/v1/identify?{query}&min_confidence=0", content=FROG).json()
        assert [s["code"] for s in answer["species"]] == ["frogli1", "howmon1"], "the surest first"
        assert list(answer["windows"][0]["probabilities"]) == ["howmon1", "frogli1"], "as they were asked for"


def test_a_least_confidence_stands_in_for_the_thresholds(service: TestClient) -> None:
    all_of_them = service.post("/v1/identify?min_confidence=0", content=FROG).json()
    assert {s["code"] for s in all_of_them["species"]} == set(TONES)
    assert service.post("/v1/identify?min_confidence=1", content=FROG).json()["species"] == []


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("species=froglit1", "frogli1"),
        ("top_k=0", "top_k"),
        ("min_confidence=1.1", "min_confidence"),
        ("min_confidence=nan", "min_confidence"),
        ("latitude=9", "longitude"),
        ("latitude=91&longitude=0", "latitude"),
        ("at=yesterday", "at"),
        ("tour=../../etc", "tour"),
        ("priority=first", "priority"),
        ("deadline=0", "deadline"),
        ("format=xml", "format"),
        ("tpo_k=3", "tpo_k"),
    ],
)
def test_a_wish_that_makes_no_sense_is_named(service: TestClient, query: str, told: str) -> None:
    answer = service.post(f"/v1/identify?{query}", content=FROG)
    assert answer.status_code == 422
    assert told in answer.json()["detail"]


def test_who_does_not_want_a_recording_kept_is_heard_all_the_same(service: TestClient) -> None:
    request = service.post("/v1/identify?keep=false", content=tone("howmon1", seed=7)).json()["request"]
    word = {"request": request, "species": "frogli1", "said_by": "Ana"}
    assert service.post("/v1/feedback", json=word).status_code == 404


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\dawn", "dawn"),
        ("=HYPERLINK(1)", "_HYPERLINK(1)"),
        ("-2", "_2"),
        ("a\r\nb\tc", "a__b_c"),
        (".hidden", "_hidden"),
        ("..", NAMELESS),
        ("", NAMELESS),
        (None, NAMELESS),
        ("ñandú 3", "ñandú 3"),
        ("x" * 999, "x" * 128),
    ],
)
def test_a_name_has_no_tricks(name: str | None, plain: str) -> None:
    assert harmless(name) == plain
