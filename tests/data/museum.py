"""A museum's server on this machine, which gives out recordings, misbehaves as told, and is downloaded from."""

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile

from silencio.audio.decode import Limits
from silencio.data.download import Failure, Patience, download

RATE = 8_000

Answer = Callable[["Request"], None]
"""How a request is answered."""


def wav(seed: int = 1, seconds: float = 0.5) -> bytes:
    file = io.BytesIO()
    noise = 0.1 * np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    soundfile.write(file, noise, RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


def m4a(seconds: float = 0.5, rate: int = 16_000) -> bytes:
    """A tone of 1 kHz in AAC, as phones record it."""
    file = io.BytesIO()
    tone = (8_000 * np.sin(2 * np.pi * 1_000 * np.arange(round(seconds * rate)) / rate)).astype(np.int16)
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone[None], format="s16", layout="mono")
        frame.sample_rate = rate
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return file.getvalue()


@dataclass
class Museum:
    address: str
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    """By path: the n-th request for it gets the n-th answer, those after the last get the last."""
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """(path, Range) of every request."""
    closed: threading.Event = field(default_factory=threading.Event)

    def gives(self, path: str, *answers: Answer) -> str:
        """The address at which these answers are given."""
        self.answers[path] = list(answers)
        return f"{self.address}{path}"

    def times(self, path: str) -> int:
        return sum(asked == path for asked, _ in self.asked)


class Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    museum: Museum

    def do_GET(self) -> None:
        path = self.path
        self.museum.asked.append((path, self.headers["Range"]))
        answers = self.museum.answers.get(path, [status(404)])
        answers[min(self.museum.times(path), len(answers)) - 1](self)

    def send(self, code: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(code)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self) -> None:
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the tests read `asked`."""


@contextmanager
def museum() -> Iterator[Museum]:
    handler = type("Handler", (Request,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    handler.museum = Museum(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield handler.museum
    finally:
        handler.museum.closed.set()
        server.shutdown()
        thread.join()
        server.server_close()


def whole(recording: bytes, etag: str | None = '"1"', ranges: bool = True, **headers: str) -> Answer:
    """As a good server does, with If-Range; headers are given as `content_type=…`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if etag:
        named["ETag"] = etag

    def answer(request: Request) -> None:
        wanted, known = request.headers["Range"], request.headers["If-Range"]
        if not ranges or not wanted or known not in (etag, named.get("Last-Modified")):
            return request.send(200, named, recording)
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if start >= len(recording):
            return request.send(416, {"Content-Range": f"bytes */{len(recording)}"})
        said = {"Content-Range": f"bytes {start}-{len(recording) - 1}/{len(recording)}"}
        return request.send(206, named | said, recording[start:])

    return answer


def cut_short(recording: bytes, after: int, **headers: str) -> Answer:
    """Promises all of it, and breaks off."""
    named = {"ETag": '"1"'} | {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(request: Request) -> None:
        request.send(200, named | {"Content-Length": str(len(recording))}, recording[:after])
        request.hang_up()

    return answer


def unannounced(body: bytes) -> Answer:
    """Says nothing of its length: it ends where the connection does."""

    def answer(request: Request) -> None:
        request.send_response(200)
        request.send_header("Connection", "close")
        request.end_headers()
        request.wfile.write(body)
        request.hang_up()

    return answer


def status(code: int, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request: request.send(code, named)


def redirect(target: str) -> Answer:
    return status(302, Location=target)


def hang(request: Request) -> None:
    request.museum.closed.wait(30)
    request.hang_up()


def drip(recording: bytes, every: float) -> Answer:
    """A tenth of it at a time."""

    def answer(request: Request) -> None:
        request.send(200, {"ETag": '"1"', "Content-Length": str(len(recording))})
        step = len(recording) // 10 + 1
        for start in range(0, len(recording), step):
            request.wfile.write(recording[start : start + step])
            request.wfile.flush()
            if request.museum.closed.wait(every):
                return

    return answer


def drop(request: Request) -> None:
    """Without a word."""
    request.hang_up()


HASTE = Patience(
    attempts=3, first_wait=0.01, longest_wait=0.02, longest_asked=5, connect=1, read=0.3, total=2, unheard=30
)
SOUND = wav(seconds=2)


def bring(
    folder: Path, *urls: str, patience: Patience = HASTE, limits: Limits = Limits()
) -> tuple[Failure, ...]:
    """Named 0, 1, …"""
    return download(dict(zip(map(str, range(len(urls))), urls, strict=True)), folder, 5, patience, limits)


def heard(folder: Path, name: str = "0") -> bytes:
    """The samples as they are written."""
    return soundfile.read(folder / f"{name}.wav", dtype="int16")[0].tobytes()


def samples(recording: bytes) -> bytes:
    return recording[44:]


def left_over(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / ".parts").glob("*"))
