import struct
import time

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bundles import encode, tone

WAV = tone("antshr1")


def wav_header(rate: int = 16_000, channels: int = 1, bits: int = 16, size: int = 32_000) -> bytes:
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", 1, channels, rate, (rate * block) & 0xFFFFFFFF, block, bits)
    return (
        b"RIFF"
        + struct.pack("<I", 36 + size)
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + form
        + (b"data" + struct.pack("<I", size))
    )


def float_wav(samples: np.ndarray) -> bytes:
    data = samples.astype("<f4").tobytes()
    form = struct.pack("<HHIIHH", 3, 1, 16_000, 64_000, 4, 32)
    fmt = b"WAVEfmt " + struct.pack("<I", 16) + form
    return b"RIFF" + struct.pack("<I", 36 + len(data)) + fmt + b"data" + struct.pack("<I", len(data)) + data


HOSTILE = {
    "nothing": (b"", 422),
    "text": (b"not a recording", 415),
    "a script": (b"#!/bin/sh\nexit 1\n" * 99, 415),
    "a lone header": (wav_header(), 422),
    "half a header": (WAV[:20], 422),
    "an ogg that ends early": (tone("antshr1", kind="OGG")[:60], 422),
    "magic and noise": (b"OggS" + bytes(range(256)) * 40, 422),
    "flac and noise": (b"fLaC" + bytes(range(256)) * 40, 422),
    "mp3 and noise": (b"ID3" + bytes(range(256)) * 40, 422),
    "655350 Hz": (wav_header(rate=655_350) + bytes(32_000), 422),
    "0 Hz": (wav_header(rate=0) + bytes(32_000), 422),
    "200 channels": (wav_header(channels=200) + bytes(32_000), 422),
    "no channel": (wav_header(channels=0) + bytes(32_000), 422),
    "not a number": (float_wav(np.full(16_000, np.nan)), 422),
    "infinite": (float_wav(np.full(16_000, np.inf)), 422),
    "beyond arithmetic": (float_wav(np.tile([3e38, -3e38], 8_000)), 422),
    "longer than allowed": (encode(np.zeros(21 * 16_000), "FLAC"), 422),
    "a small file of an hour": (encode(np.zeros(3_600 * 1_000), "FLAC", rate=1_000), 422),
    "larger than allowed": (wav_header(size=2 << 20) + bytes(2 << 20), 413),
}


@pytest.mark.parametrize(("recording", "status"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_upload_gets_a_problem_that_says_what_to_do(
    service: TestClient, recording: bytes, status: int
) -> None:
    begun = time.monotonic()
    response = service.post("/v1/identify", content=recording)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem.keys() == {"type", "title", "status", "detail", "request_id"}
    assert problem["status"] == status
    assert len(problem["detail"]) > 20
    assert time.monotonic() - begun < 2
    assert service.post("/v1/identify", content=WAV).status_code == 200


def test_a_form_is_held_to_the_same_limit(service: TestClient) -> None:
    large = {"file": ("large.wav", wav_header(size=2 << 20) + bytes(2 << 20))}
    assert service.post("/v1/identify", files=large).status_code == 413
    slightly = {"file": ("slightly.wav", wav_header() + bytes((1 << 20) + 1))}
    assert service.post("/v1/identify", files=slightly).status_code == 413


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"no boundary", "multipart/form-data", 400),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x", 422),
        (b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\ntext\r\n--x--\r\n', None, 422),
        (
            b'--x\r\nContent-Disposition: form-data; name="other"; filename="a"\r\n\r\nb\r\n--x--\r\n',
            None,
            422,
        ),
        (b"--x\r\nContent-Disposition: form-data\r\n\r\nb\r\n--x--\r\n", None, 400),
    ],
)
def test_a_broken_form_is_refused(
    service: TestClient, body: bytes, content_type: str | None, status: int
) -> None:
    kind = content_type or "multipart/form-data; boundary=x"
    response = service.post("/v1/identify", content=body, headers={"content-type": kind})
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("body", [b"", b"[", b"[]", b'{"request": 1}', b"\xff\xfe", b'{"said_by": null}'])
def test_broken_feedback_is_refused(service: TestClient, body: bytes) -> None:
    response = service.post("/v1/feedback", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"


def test_unknown_routes_and_methods_answer_in_the_same_form(service: TestClient) -> None:
    for response, status in ((service.get("/nowhere"), 404), (service.get("/v1/identify"), 405)):
        assert (response.status_code, response.json()["status"]) == (status, status)
        assert response.headers["content-type"] == "application/problem+json"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["WAV", "FLAC", "OGG", "MP3"]),
    changes=st.lists(st.tuples(st.integers(0, 4_000), st.integers(0, 255)), min_size=1, max_size=12),
    cut=st.integers(1, 20_000),
)
def test_no_damage_to_a_file_breaks_the_service(
    service: TestClient, kind: str, changes: list[tuple[int, int]], cut: int
) -> None:
    recording = bytearray(tone("frogli1", 0.5, kind))
    for position, value in changes:
        recording[position % len(recording)] = value
    assert service.post("/v1/identify", content=bytes(recording[:cut])).status_code in (200, 413, 415, 422)
