import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from silencio.errors import SilencioError, WrongUse
from silencio.evaluation.gates import Verdict, decision
from silencio.optimize.bundle import Bundle
from silencio.serving import load
from silencio.serving.access.keys import KeyFile
from silencio.serving.access.scopes import Scope
from silencio.serving.contract import check_service
from silencio.serving.engine.sources import in_folder
from silencio.serving.process import RunningProcess, born, free_port, silencio_command, start
from silencio.serving.server import run
from silencio.settings import Serving
from silencio.settings.service import Access
from tests.bundles import TONES, make_bundle, tone, write_tones

Start = Callable[..., tuple[str, RunningProcess]]


@pytest.fixture
def launch(bundle: Bundle, tmp_path: Path) -> Iterator[Start]:
    """Starts services in processes of their own, and stops those that the test leaves running."""
    started: list[RunningProcess] = []

    def launch(*options: str) -> tuple[str, RunningProcess]:
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        what = ["--bundle", str(bundle.folder), "--feedback", str(tmp_path / "feedback"), "--port", str(port)]
        process = start(silencio_command("serve", *what, *options), tmp_path / "log", f"{address}/readyz")
        started.append(process)
        return address, process

    yield launch
    for process in started:
        process.stop()


def test_a_service_keeps_its_contract(address: str, bundle: Bundle, tmp_path: Path) -> None:
    results = check_service(address, bundle, write_tones(tmp_path / "tones"), max_p95_ms=5_000)
    assert decision(results) is Verdict.PASS, results
    assert {r.name for r in results} >= {
        "skew",
        "labels",
        "feedback",
        "refuses garbage",
        "error rate",
        "p95 ms",
    }


def test_a_service_of_another_bundle_breaks_the_contract(address: str, tmp_path: Path) -> None:
    swapped = dict(zip(TONES, reversed(TONES.values()), strict=True))
    other = make_bundle(tmp_path / "other", tones=swapped)
    results = check_service(address, other, write_tones(tmp_path / "tones"), max_p95_ms=5_000)
    failed = {r.name for r in results if r.verdict is Verdict.FAIL}
    assert failed == {"serves the bundle", "skew"}


def test_a_service_that_asks_for_keys_is_tried_with_the_one_of_the_environment(
    launch: Start, bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = KeyFile(tmp_path / "keys.json").add("release", [Scope.IDENTIFY, Scope.FEEDBACK])
    address, _ = launch("--set", f"access.keys={tmp_path / 'keys.json'}", "--set", "access.burst=1000")
    tones = write_tones(tmp_path / "tones")
    (refused,) = check_service(address, bundle, tones)
    assert refused.verdict is Verdict.FAIL
    assert "SILENCIO_KEY" in refused.reason

    monkeypatch.setenv("SILENCIO_KEY", key)
    results = check_service(address, bundle, tones, max_p95_ms=5_000)
    assert decision(results) is Verdict.PASS, results


def test_a_contract_without_recordings_or_service_is_not_passed(address: str, bundle: Bundle) -> None:
    assert decision(check_service(address, bundle, [])) is Verdict.INCONCLUSIVE
    assert decision(check_service(f"http://127.0.0.1:{free_port()}", bundle, [])) is Verdict.FAIL


def test_an_upload_without_a_length_is_stopped_while_it_comes_in(address: str) -> None:
    too_large = httpx.post(f"{address}/v1/identify", content=bytes(33 << 20), trust_env=False)
    assert too_large.status_code == 413
    host, port = urlsplit(address).hostname, urlsplit(address).port
    with socket.create_connection((host, port), timeout=10) as line:
        line.sendall(b"POST /v1/identify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        sent = _send_until_hung_up(line, b"10000\r\n" + bytes(1 << 16) + b"\r\n", at_most=256 << 20)
    assert sent < 128 << 20, "it read on beyond twice its 32 MiB and what the system buffers"


def test_answers_are_not_held_back_by_the_network_stack(address: str) -> None:
    with load.client(address) as http:
        took = [http.get("/v1/model").elapsed.total_seconds() for _ in range(30)]
    assert min(took[10:]) < 0.030, "Nagle's delay costs 40 ms an answer"


def test_sigterm_lets_a_request_that_is_under_way_finish(launch: Start) -> None:
    address, process = launch()
    recording = tone("howmon1", 2.0)
    host, port = urlsplit(address).hostname, urlsplit(address).port
    with socket.create_connection((host, port), timeout=10) as line:
        head = f"POST /v1/identify HTTP/1.1\r\nHost: x\r\nContent-Length: {len(recording)}\r\n\r\n"
        line.sendall(head.encode() + recording[:1000])
        time.sleep(0.2)
        os.kill(process.pid, signal.SIGTERM)
        time.sleep(0.4)
        assert process.alive()
        assert httpx.get(f"{address}/healthz", trust_env=False).status_code == 200
        not_ready = httpx.get(f"{address}/readyz", trust_env=False)
        assert (not_ready.status_code, not_ready.json()["state"]) == (503, "draining")
        late = httpx.post(f"{address}/v1/identify", content=recording, trust_env=False)
        assert (late.status_code, late.headers["connection"]) == (503, "close")
        line.sendall(recording[1000:])
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"howmon1" in answer
    _gone(process)


def test_stops_by_itself_when_nobody_asks(launch: Start) -> None:
    address, process = launch("--stop-after-idle", "0.8")
    for _ in range(3):
        time.sleep(0.4)
        assert httpx.get(f"{address}/v1/model", trust_env=False).status_code == 200
    begun = time.monotonic()
    while process.alive() and time.monotonic() - begun < 8:
        assert not process.alive() or _health(address) in (200, None)  # who watches keeps nobody awake
        time.sleep(0.1)
    assert not process.alive()


def test_a_bundle_that_was_tampered_with_is_not_served(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle").folder
    (folder / "thresholds.json").write_text("{}")
    with pytest.raises(SilencioError, match=r"thresholds\.json was changed"):
        run(in_folder(folder), str(folder), port=free_port())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "forest.example"])
def test_without_keys_only_this_machine_may_ask(bundle: Bundle, host: str) -> None:
    with pytest.raises(WrongUse, match=r"there are no keys.*silencio keys add.*--open"):
        run(in_folder(bundle.folder), str(bundle.folder), host=host, port=free_port())


@pytest.mark.parametrize("way", ["keys", "open"])
def test_with_keys_or_if_it_is_said_others_may(
    bundle: Bundle, address: str, tmp_path: Path, way: str
) -> None:
    KeyFile(tmp_path / "keys.json").add("app", [Scope.IDENTIFY])
    with_keys = {"settings": Serving(access=Access(keys=tmp_path / "keys.json"))}
    allowed: dict[str, Any] = with_keys if way == "keys" else {"open_to_all": True}
    taken = urlsplit(address).port or 0  # so that it comes as far as the port, and no further
    with pytest.raises(WrongUse, match="cannot be listened on"):
        run(in_folder(bundle.folder), str(bundle.folder), host="0.0.0.0", port=taken, **allowed)


def test_a_port_that_is_taken_is_named(bundle: Bundle, address: str) -> None:
    with pytest.raises(WrongUse, match="cannot be listened on"):
        run(in_folder(bundle.folder), str(bundle.folder), port=urlsplit(address).port or 0)


def test_a_server_that_is_never_ready_is_stopped_and_its_log_shown(tmp_path: Path) -> None:
    command = ["sh", "-c", "echo I am $$; exec sleep 60"]
    with pytest.raises(SilencioError, match="not ready in time") as caught:
        start(command, tmp_path / "log", f"http://127.0.0.1:{free_port()}/", timeout=0.5)
    assert "I am" in caught.value.problem
    pid = int((tmp_path / "log").read_text().split()[-1])
    assert born(pid) is None


def test_a_reused_process_id_is_left_alone() -> None:
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        RunningProcess(stranger.pid, "long ago").stop(grace=0.1)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def _send_until_hung_up(line: socket.socket, chunk: bytes, at_most: int) -> int:
    sent = 0
    while sent < at_most:
        try:
            line.sendall(chunk)
        except ConnectionError:
            break
        sent += len(chunk)
    return sent


def _health(address: str) -> int | None:
    try:
        return httpx.get(f"{address}/healthz", trust_env=False).status_code
    except httpx.TransportError:
        return None


def _gone(process: RunningProcess) -> None:
    until = time.monotonic() + 10
    while process.alive() and time.monotonic() < until:
        time.sleep(0.05)
    assert not process.alive()
