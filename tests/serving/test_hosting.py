"""Told to stop, it finishes what it has: nobody who was let in is lost, and all others are told so."""

import os
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from silencio.optimize.bundle import Bundle
from silencio.serving.process import RunningProcess, free_port, silencio_command, start
from tests.bundles import tone
from tests.serving.users import Users

SLOW = """
import asyncio, sys
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from starlette.responses import PlainTextResponse
from silencio.serving.hosting import serve

async def echo(socket):
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_text(text)
    print("left", flush=True)

async def wait(request):
    length = len(await request.body())
    print(f"works at {length} bytes", flush=True)
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        print("was let go", flush=True)
        raise

async def ready(request):
    return PlainTextResponse("ok")

routes = [WebSocketRoute("/stream", echo), Route("/wait", wait, methods=["POST"]), Route("/readyz", ready)]
serve(Starlette(routes=routes), "127.0.0.1", int(sys.argv[1]), drain_seconds=1.0)
"""


def test_under_load_every_request_that_got_in_is_answered(bundle: Bundle, tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{(port := free_port())}"
    command = silencio_command("serve", "--bundle", str(bundle.folder), "--port", str(port))
    process = start(command, tmp_path / "log", f"{address}/readyz")
    try:
        with Users.asking(address, tone("howmon1", 8.0)) as users:
            users.wait_for(30)
            os.kill(process.pid, signal.SIGTERM)
            _wait_until_gone(process)
    finally:
        process.stop()

    came = Counter(reply.status for reply in users.replies)
    assert set(came) == {200, 503}, (came, (tmp_path / "log").read_text())
    assert came[503] == 6, "each of them asked on, and was told once"
    for reply in users.replies:
        if reply.status == 503:
            assert reply.headers["connection"] == "close"
            assert reply.headers["content-type"] == "application/problem+json"
            assert int(reply.headers["retry-after"]) >= 1


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[tuple[int, RunningProcess, Path]]:
    """An app that streams, and one that never answers: its port, its process, and what it prints."""
    port, log = free_port(), tmp_path / "log"
    process = start([sys.executable, "-c", SLOW, str(port)], log, f"http://127.0.0.1:{port}/readyz")
    yield port, process, log
    process.stop()


def test_streams_are_told_that_it_goes_away(slow: tuple[int, RunningProcess, Path]) -> None:
    port, process, log = slow
    with connect(f"ws://127.0.0.1:{port}/stream") as stream:
        stream.send("hoo")
        assert stream.recv(timeout=5) == "hoo"
        os.kill(process.pid, signal.SIGTERM)
        with pytest.raises(ConnectionClosed) as closed:
            stream.recv(timeout=5)
    _wait_until_gone(process)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001
    assert "another one answers" in closed.value.rcvd.reason
    assert "left" in log.read_text(), "the app saw its client leave"


def test_work_for_a_client_that_hangs_up_ends(slow: tuple[int, RunningProcess, Path]) -> None:
    port, process, log = slow
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(b"POST /wait HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nhoo")
        _wait_for(lambda: "works at 3 bytes" in log.read_text())
        assert "let go" not in log.read_text()
    _wait_for(lambda: "was let go" in log.read_text())
    assert "Traceback" not in log.read_text()
    assert httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == 200
    os.kill(process.pid, signal.SIGTERM)
    _wait_until_gone(process)


def test_who_takes_too_long_is_cut_off(slow: tuple[int, RunningProcess, Path]) -> None:
    port, process, log = slow
    with socket.create_connection(("127.0.0.1", port), timeout=15) as line:
        line.sendall(b"POST /wait HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nhoo")
        _wait_for(lambda: "works at 3 bytes" in log.read_text())
        os.kill(process.pid, signal.SIGTERM)
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    _wait_until_gone(process)
    assert answer.startswith(b"HTTP/1.1 500")
    assert "1 requests are not done after 1 s" in log.read_text()
    assert "was let go" in log.read_text()


def _wait_until_gone(process: RunningProcess) -> None:
    _wait_for(lambda: not process.alive())


def _wait_for(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 15
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)
