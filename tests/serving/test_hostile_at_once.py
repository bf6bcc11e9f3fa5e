"""Three hostile uploads at once against a real service: each is refused, its memory hardly grows, it goes on."""

import io
import json
import socket
import struct
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import av
import httpx
import numpy as np
import pytest
import soundfile
from websockets.sync.client import connect

from silencio.optimize.bundle import Bundle
from tests.bundles import tone
from tests.serving.services import served

AT_ONCE = 3
MOST_GROWTH = 300 << 20
IDLE_SECONDS = 1.5


@pytest.fixture(scope="module")
def service(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """With the limits that it has by default, and its process."""
    folder = tmp_path_factory.mktemp("hostile")
    with served(bundle, folder, "--set", f"idle_seconds={IDLE_SECONDS}") as (address, process):
        warm = httpx.post(f"{address}/v1/identify", content=tone("frogli1", 5.0), trust_env=False)
        assert warm.status_code == 200
        yield address, process.pid


def silence(seconds: float, rate: int, kind: str, subtype: str, channels: int = 1) -> bytes:
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", rate, channels, subtype, format=kind) as sound:
        for _ in range(round(seconds)):
            sound.write(np.zeros((rate, channels), np.float32))
    return file.getvalue()


def alac(seconds: int, rate: int) -> bytes:
    """Which FFmpeg decodes."""
    file = io.BytesIO()
    with av.open(file, "w", format="ipod") as container:
        track = container.add_stream("alac", rate=rate, layout="mono")
        for _ in range(seconds):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, rate), np.int16), format="s16p", layout="mono")
            frame.rate = rate
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    return file.getvalue()


def forged(recording: bytes, at: int, value: bytes) -> bytes:
    return recording[:at] + value + recording[at + len(value) :]


WAV = tone("frogli1", 5.0)
LARGE = 32 << 20
Sent = Callable[[], bytes]
OGG, FLAC, WAVE, JSON = "audio/ogg", "audio/flac", "audio/wav", "application/json"

SENT: dict[str, tuple[Sent, str, int]] = {
    "minutes of Opus in a few bytes": (lambda: silence(700, 8_000, "OGG", "OPUS"), OGG, 422),
    "too long by a second": (lambda: silence(601, 8_000, "FLAC", "PCM_16"), FLAC, 422),
    "as long as is allowed": (lambda: silence(600, 48_000, "FLAC", "PCM_16"), FLAC, 200),
    "too long, by FFmpeg": (lambda: alac(601, 8_000), "audio/mp4", 422),
    "655,350 Hz in 8 channels": (lambda: forged(WAV, 22, struct.pack("<HI", 8, 655_350)), WAVE, 422),
    # As recorders write while they still record.
    "a forged length": (lambda: forged(WAV, 40, b"\xff" * 4), WAVE, 200),
    "noise after magic": (lambda: b"OggS" + np.random.default_rng(0).bytes(LARGE - 4), OGG, 422),
    "one byte too many": (lambda: b"OggS" + bytes(LARGE - 3), OGG, 413),
    "base64 without end": (lambda: b'{"audio": "' + b"A" * LARGE, JSON, 413),
    "base64 of nothing": (lambda: b'{"audio": "' + b64encode(bytes(11 << 20)) + b'"}', JSON, 415),
    "lists of nothing": (lambda: b'{"mel": [' + b"[]," * (5 << 20), JSON, 413),
    "as many lists as are read": (lambda: b'{"mel": [' + b"[]," * 250_000 + b"[]]}", JSON, 422),
    "a depth": (lambda: b"[" * (15 << 20), JSON, 413),
}


@pytest.mark.parametrize("kind", SENT)
def test_three_hostile_uploads_at_once_cost_little_memory(service: tuple[str, int], kind: str) -> None:
    (address, pid), (make, media_type, status) = service, SENT[kind]
    content = make()

    def send(_: int) -> httpx.Response:
        headers = {"content-type": media_type}
        url = f"{address}/v1/identify"
        return httpx.post(url, content=content, headers=headers, trust_env=False, timeout=60)

    before = _forget_peak(pid)
    with ThreadPoolExecutor(AT_ONCE) as crowd:
        answers = list(crowd.map(send, range(AT_ONCE)))
    grown = _memory(pid, "VmHWM") - before

    assert [a.status_code for a in answers] == [status] * AT_ONCE, answers[0].text[:500]
    if status != 200:
        assert {a.headers["content-type"] for a in answers} == {"application/problem+json"}
    assert grown < MOST_GROWTH, f"{grown >> 20} MiB"
    assert httpx.post(f"{address}/v1/identify", content=WAV, trust_env=False).status_code == 200


@pytest.mark.slow
def test_a_stream_that_is_sent_faster_than_it_is_heard_waits_at_the_senders_end(
    service: tuple[str, int],
) -> None:
    address, pid = service
    before, sent = _forget_peak(pid), 0
    piece = np.zeros(250_000, "<i2").tobytes()
    with connect(address.replace("http", "ws") + "/v1/stream", compression=None, proxy=None) as line:
        line.send('{"format": "pcm_s16le", "sample_rate": 192000, "keep": false}')
        while sent < 60 << 20:  # two and a half minutes of sound
            line.send(piece)
            sent += len(piece)
        line.send('{"end": true}')
        answers = sum("window" in json.loads(message) for message in line)
    grown = _memory(pid, "VmHWM") - before
    assert answers > 150
    assert grown < sent / 4, f"{grown >> 20} MiB"


UNFINISHED = {
    "a length": b"POST /v1/identify HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\nRIFF",
    "chunks": b"POST /v1/identify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nRIFF\r\n",
    "JSON": b"POST /v1/feedback HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Content-Length: 99\r\n\r\n{",
    "a form": b"POST /v1/identify HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    b'Content-Length: 9999\r\n\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nRI',
}


def test_uploads_that_do_not_come_on_are_hung_up_on(service: tuple[str, int]) -> None:
    address = urlsplit(service[0])
    with ExitStack() as lines:
        waiting = {
            kind: lines.enter_context(socket.create_connection((address.hostname, address.port), 30))
            for kind in UNFINISHED
        }
        for kind, line in waiting.items():
            line.sendall(UNFINISHED[kind])
        for kind, line in waiting.items():
            answer = b"".join(iter(lambda line=line: line.recv(65_536), b""))  # to the end: it is closed
            assert answer.startswith(b"HTTP/1.1 408"), kind
            assert b"application/problem+json" in answer


def _forget_peak(pid: int) -> int:
    """What a process holds now, in bytes; its peak is that from now on."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return _memory(pid, "VmRSS")


def _memory(pid: int, what: str) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith(what))
