"""A phone sends sound as it comes; a real client of WebSockets asks a real service."""

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK
from websockets.sync.client import ClientConnection, connect

from silencio.data.feedback import FeedbackStore
from silencio.optimize.bundle import Bundle
from tests.bundles import SPECIES, TONES, encode
from tests.serving.services import served

OPENING = {"format": "pcm_s16le", "sample_rate": 16_000, "channels": 1, "top_k": 3}
SETTINGS = ("--set", "max_seconds=8", "--set", "idle_seconds=1.5")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stream")


@pytest.fixture(scope="module")
def address(bundle: Bundle, folder: Path) -> Iterator[str]:
    with served(bundle, folder, *SETTINGS) as (address, _):
        yield address


def opened(address: str, **headers: str) -> ClientConnection:
    where = address.replace("http", "ws") + "/v1/stream"
    return connect(where, compression=None, proxy=None, additional_headers=headers)


def song(seconds: float, rate: int = 16_000) -> np.ndarray:
    """Whole numbers of 16 bits: a frog, and a howler monkey from the second second on."""
    time = np.arange(round(seconds * rate)) / rate
    frog = 0.3 * np.sin(2 * np.pi * TONES["frogli1"] * time)
    monkey = 0.5 * np.sin(2 * np.pi * TONES["howmon1"] * time) * (time >= 1)
    noise = np.random.default_rng(0).normal(0, 0.01, len(time))
    return np.round(32_767 * (frog * (time < 1) + monkey + noise)).astype("<i2")


def said(socket: ClientConnection) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(socket.recv(timeout=10))
    return answer


def to_the_end(socket: ClientConnection) -> tuple[list[dict[str, Any]], int]:
    """All that is still said, and the code with which it is closed."""
    answers = []
    with suppress(ConnectionClosed):
        while True:
            answers.append(said(socket))
    assert socket.close_code is not None
    return answers, socket.close_code


def streamed(
    address: str, samples: np.ndarray, chunk: int = 1_000, **opening: Any
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Each window's answer, and the summary. `chunk` in bytes."""
    content, answers = samples.tobytes(), []
    with opened(address) as socket:
        socket.send(json.dumps(OPENING | opening))
        for at in range(0, len(content), chunk):
            socket.send(content[at : at + chunk])
        socket.send('{"end": true}')
        while "summary" not in (answer := said(socket)):
            answers.append(answer)
        with pytest.raises(ConnectionClosedOK):
            socket.recv(timeout=10)
    return answers, answer


@pytest.mark.parametrize("rate", [16_000, 44_100, 8_000])
@pytest.mark.parametrize("chunk", [333, 4_096, 100_000])
def test_windows_are_those_of_the_same_recording_sent_whole(address: str, rate: int, chunk: int) -> None:
    samples = song(2.6, rate)
    windows, told = streamed(address, samples, chunk, sample_rate=rate)
    recording = encode(samples / 32_768, rate=rate)
    whole = httpx.post(f"{address}/v1/identify", content=recording, trust_env=False).json()
    assert [(w["window"], w["start"], w["end"]) for w in windows] == [
        (number, w["start"], w["end"]) for number, w in enumerate(whole["windows"])
    ]
    for window, expected in zip(windows, whole["windows"], strict=True):
        assert window["probabilities"] == pytest.approx(expected["probabilities"], abs=1e-4)
    assert [s["code"] for s in told["summary"]["species"]] == [s["code"] for s in whole["species"]]
    assert told["summary"]["seconds"] == whole["seconds"]


def test_channels_and_floats_are_heard_as_they_are_in_a_file(address: str) -> None:
    stereo = np.stack([song(1.5) / 32_768, np.zeros(24_000)], axis=1).astype("<f4")
    windows, _ = streamed(address, stereo, 1_001, format="pcm_f32le", channels=2)
    whole = httpx.post(f"{address}/v1/identify", content=encode(stereo), trust_env=False).json()
    for window, expected in zip(windows, whole["windows"], strict=True):
        assert window["probabilities"] == pytest.approx(expected["probabilities"], abs=1e-3)


def test_a_window_is_answered_before_the_next_one_is_over(address: str) -> None:
    samples = song(3.0)
    with opened(address) as socket:
        socket.send(json.dumps(OPENING))
        for second in range(3):
            for piece in np.split(samples[second * 16_000 : (second + 1) * 16_000], 20):
                socket.send(piece.tobytes())
                time.sleep(0.01)
            answer = said(socket)  # nothing of the next window was sent yet
            assert (answer["window"], answer["start"], answer["end"]) == (second, second, second + 1)
            expected = "frogli1" if second == 0 else "howmon1"
            assert [s["code"] for s in answer["species"]] == [expected]
            assert answer["species"][0]["common_name"] in {s.common_name for s in SPECIES}


def test_what_was_heard_can_be_corrected_afterwards(address: str, folder: Path) -> None:
    windows, told = streamed(address, song(1.5))
    word = {"request": told["request"], "species": "antshr1", "said_by": "Ana"}
    assert windows[0]["request"] == told["request"]
    assert httpx.post(f"{address}/v1/feedback", json=word, trust_env=False).status_code == 201
    (statement,) = FeedbackStore(folder / "feedback").statements()
    assert statement.audio.endswith(".flac")
    whole = httpx.post(
        f"{address}/v1/identify",
        content=(folder / "feedback" / "audio" / statement.audio).read_bytes(),
        trust_env=False,
    ).json()
    assert whole["windows"][0]["probabilities"] == pytest.approx(windows[0]["probabilities"], abs=1e-4)


def test_a_phone_that_loses_its_line_may_still_say_what_it_heard(address: str) -> None:
    with opened(address) as socket:
        socket.send(json.dumps(OPENING))
        socket.send(song(1.5).tobytes())
        request = said(socket)["request"]
    word = {"request": request, "species": "antshr1", "said_by": "Ana"}
    until = time.monotonic() + 10
    while (status := httpx.post(f"{address}/v1/feedback", json=word, trust_env=False).status_code) != 201:
        assert (status, time.monotonic() < until) == (404, True)
        time.sleep(0.05)


def test_an_end_without_sound_has_no_summary(address: str) -> None:
    windows, told = streamed(address, song(0.0))
    assert (windows, told["summary"]) == ([], None)


WRONG = {
    "sound before the first message": ([b"\0\0"], 1003),
    "no JSON": (["hello"], 1003),
    "no object": (["[]"], 1003),
    "an unknown format": ([json.dumps(OPENING | {"format": "mp3"})], 1008),
    "a rate that nothing has": ([json.dumps(OPENING | {"sample_rate": 655_350})], 1008),
    "a rate that no FLAC has": ([json.dumps(OPENING | {"sample_rate": 96_001})], 1008),
    "more channels than ears": ([json.dumps(OPENING | {"channels": 9})], 1008),
    "no channels": ([json.dumps(OPENING | {"channels": 0})], 1008),
    "an unknown key": ([json.dumps(OPENING | {"tuor": "a"})], 1008),
    "an unknown species": ([json.dumps(OPENING | {"species": ["froglit1"]})], 1008),
    "a second opening": ([json.dumps(OPENING), json.dumps(OPENING)], 1003),
    "what is not a number": (
        [json.dumps(OPENING | {"format": "pcm_f32le"}), np.full(100, np.nan, "<f4").tobytes()],
        1003,
    ),
    "too long a message": ([json.dumps(OPENING), bytes((1 << 20) + 1)], 1009),
    "nothing more": ([json.dumps(OPENING)], 1008),
    "nothing at all": ([], 1008),
}


@pytest.mark.parametrize(("messages", "code"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_said_and_the_stream_closed(
    address: str, messages: list[str | bytes], code: int
) -> None:
    with opened(address) as socket:
        for message in messages:
            socket.send(message)
        answers, closed = to_the_end(socket)
    assert closed == code
    # What is too long a message is refused before anyone could say more than the code.
    assert [a["code"] for a in answers] == ([] if code == 1009 else [code])
    assert all(len(a["error"]) > 20 for a in answers)


def test_a_stream_that_is_too_long_is_answered_up_to_there(address: str) -> None:
    with opened(address) as socket:
        socket.send(json.dumps(OPENING))
        with suppress(ConnectionClosed):  # it may be closed before all is sent
            for _ in range(9):
                socket.send(song(1.0).tobytes())
        answers, closed = to_the_end(socket)
    assert [a.get("window") for a in answers[:8]] == list(range(8))
    assert answers[8]["summary"]["seconds"] == 8
    assert (answers[9]["code"], closed) == (1009, 1009)


def test_pages_of_other_sites_open_no_stream(address: str) -> None:
    with pytest.raises(Exception, match="403"):
        opened(address, Origin="https://elsewhere.example")
    with opened(address, Origin=address) as socket:
        socket.send(json.dumps(OPENING))
