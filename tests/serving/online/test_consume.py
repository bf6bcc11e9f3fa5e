"""The consumer: one answer for each file, whatever is killed, away or busy meanwhile."""

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import httpx
import pytest

from silencio.audio import Features, windows_of
from silencio.errors import WrongUse
from silencio.optimize.bundle import Bundle
from silencio.serving.online.arrivals import Arrivals
from silencio.serving.online.consume import Consumed, Consumer, alone
from silencio.serving.online.journal import Journal
from silencio.serving.process import free_port
from tests.bundles import SPECIES, TONES, tone
from tests.serving.online.streams import answered, consuming, rows, serving, start_service


@pytest.fixture(scope="module")
def address(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(bundle, tmp_path_factory.mktemp("service")) as address:
        yield address


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    for folder in ("online_input", "online_output"):
        (tmp_path / folder).mkdir()
    return tmp_path


def put(workspace: Path, count: int, seconds: float = 2.0, first: int = 0) -> list[str]:
    codes = [*TONES]
    for number in range(first, count):
        recording = tone(codes[number % 3], seconds, "OGG", seed=number)
        (workspace / "online_input" / f"site_{number:03d}.ogg").write_bytes(recording)
    return [f"site_{number:03d}.csv" for number in range(count)]


def consume(workspace: Path, address: str, patience: float = 60.0) -> Consumed:
    with httpx.Client(base_url=address, trust_env=False) as http:
        arrivals = Arrivals(workspace / "online_input", settle=0.02, patience=patience)
        journal = Journal(workspace / "online_output" / ".journal.sqlite")
        return Consumer(arrivals, workspace / "online_output", journal, http).run(until_empty=True)


def test_writes_what_the_bundle_says_as_a_submission(workspace: Path, address: str, bundle: Bundle) -> None:
    recording = tone("frogli1", 2.5, "OGG")
    (workspace / "online_input" / "H02_20230420_074000.ogg").write_bytes(recording)

    consumed = consume(workspace, address)

    table = rows(workspace / "online_output" / "H02_20230420_074000.csv")
    assert consumed == Consumed(heard=1)
    assert [*table[0]] == ["row_id", *(s.code for s in SPECIES)]
    assert [row["row_id"] for row in table] == [f"H02_20230420_074000_{end}" for end in (1, 2, 3)]
    expected = bundle.model().probabilities(windows_of(recording, Features(bundle.front_end)).features)
    told = [[float(row[s.code]) for s in SPECIES] for row in table]
    assert told == [pytest.approx(row, abs=1e-5) for row in expected.tolist()]


def test_what_was_answered_is_not_asked_again(workspace: Path, address: str) -> None:
    names = put(workspace, 2)
    consume(workspace, address)
    times = [(workspace / "online_output" / name).stat().st_mtime_ns for name in names]

    again = consume(workspace, address)

    assert again == Consumed(before=2)
    assert [(workspace / "online_output" / name).stat().st_mtime_ns for name in names] == times


def test_another_recording_under_an_old_name_gets_an_answer_of_its_own(workspace: Path, address: str) -> None:
    (file,) = [workspace / "online_input" / "site.ogg"]
    for code in ("frogli1", "howmon1"):
        file.write_bytes(tone(code, 1.0, "OGG"))
        consume(workspace, address)

    first, second = answered(workspace)

    assert second == "site.csv"
    assert rows(workspace / "online_output" / first)[0]["row_id"] == f"{first.removesuffix('.csv')}_1"


def test_a_file_that_can_never_be_read_goes_aside_with_its_reason(workspace: Path, address: str) -> None:
    put(workspace, 1)
    (workspace / "online_input" / "broken.ogg").write_bytes(b"OggS" + bytes(500))

    consumed = consume(workspace, address, patience=0.3)

    assert consumed == Consumed(heard=1, aside=1)
    aside = workspace / "online_input" / "unreadable"
    assert sorted(path.name for path in aside.iterdir()) == ["broken.ogg", "broken.reason.txt"]
    assert (aside / "broken.reason.txt").read_text().strip()
    assert answered(workspace) == ["site_000.csv"]


def test_two_consumers_of_one_workspace_do_not_both_answer(workspace: Path) -> None:
    with (
        alone(workspace / "online_output"),
        pytest.raises(WrongUse, match="already"),
        alone(workspace / "online_output"),
    ):
        pass


@pytest.mark.slow
def test_waits_for_a_service_that_comes_back(workspace: Path, bundle: Bundle) -> None:
    names, port = put(workspace, 2), free_port()
    consumer = consuming(workspace, f"http://127.0.0.1:{port}", "--until-empty")
    _until(lambda: "does not answer" in (workspace / "consumer.log").read_text())
    assert answered(workspace) == []

    service = start_service(bundle, workspace, port)
    try:
        assert consumer.wait(timeout=60) == 0
    finally:
        service.stop()

    assert answered(workspace) == names


@pytest.mark.parametrize("count", [3, pytest.param(80, marks=pytest.mark.slow)])
def test_killed_at_any_moment_and_started_again_it_answers_each_file_once(
    workspace: Path, address: str, count: int
) -> None:
    names, dice = put(workspace, count, seconds=1.0), random.Random(1)
    over = time.monotonic() + 120
    kills = 0
    while len(answered(workspace)) < len(names) and time.monotonic() < over:
        consumer = consuming(workspace, address, "--until-empty")
        before = len(answered(workspace))
        while len(answered(workspace)) == before and consumer.poll() is None and time.monotonic() < over:
            time.sleep(0.005)
        time.sleep(dice.uniform(0, 0.12))
        consumer.send_signal(signal.SIGKILL)
        consumer.wait()
        kills += 1
    assert consuming(workspace, address, "--until-empty").wait(timeout=60) == 0

    assert kills
    assert answered(workspace) == names
    for name in names:
        ids = [row["row_id"] for row in rows(workspace / "online_output" / name)]
        assert ids == [f"{name.removesuffix('.csv')}_1"]


def test_ctrl_c_ends_it_and_the_next_run_goes_on(workspace: Path, address: str) -> None:
    put(workspace, 1)
    consumer = consuming(workspace, address)
    _until(lambda: bool(answered(workspace)))

    consumer.send_signal(signal.SIGINT)

    assert consumer.wait(timeout=20) == 0
    put(workspace, 3, first=1)
    consumed = consume(workspace, address)
    # Stopped between writing an answer and noting it, it writes that one again.
    assert (consumed.heard + consumed.before, consumed.heard in (2, 3)) == (3, True)
    assert len(answered(workspace)) == 3


class _Busy(BaseHTTPRequestHandler):
    """Answers with what is laid out for it, one after the other; then as a service would."""

    answers: ClassVar[list[tuple[int, dict[str, str]]]] = []
    asked: ClassVar[list[float]] = []

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.asked.append(time.monotonic())
        status, headers = self.answers.pop(0) if self.answers else (200, {})
        body = b"row_id,frogli1\nsite_000_1,0.500000\n" if status == 200 else b'{"detail": "no"}'
        self.send_response(status)
        for name, value in (
            {"content-type": "text/csv; charset=utf-8", "content-length": str(len(body))} | headers
        ).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def busy(*answers: tuple[int, dict[str, str]]) -> Iterator[str]:
    _Busy.answers, _Busy.asked = [*answers], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Busy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_busy_service_is_asked_again_when_it_said(workspace: Path) -> None:
    put(workspace, 1)
    with busy((429, {"retry-after": "1"}), (503, {})) as address:
        assert consume(workspace, address) == Consumed(heard=1)

    first, second, _ = _Busy.asked
    assert second - first >= 1.0
    assert answered(workspace) == ["site_000.csv"]


def test_who_answers_without_a_table_is_no_service_of_ours(workspace: Path) -> None:
    put(workspace, 1)
    with busy((200, {"content-type": "text/html"})) as address, pytest.raises(WrongUse, match="--server"):
        consume(workspace, address)
    assert (workspace / "online_input/site_000.ogg").exists()


@pytest.mark.parametrize("status", [413, 415, 422])
def test_what_the_service_never_takes_goes_aside(workspace: Path, status: int) -> None:
    put(workspace, 1)
    with busy((status, {})) as address:
        assert consume(workspace, address) == Consumed(aside=1)

    assert str(status) in (workspace / "online_input/unreadable/site_000.reason.txt").read_text()


@pytest.mark.parametrize("status", [401, 403])
def test_without_a_key_it_says_so_and_leaves_the_file(workspace: Path, status: int) -> None:
    put(workspace, 1)
    with busy((status, {})) as address, pytest.raises(WrongUse, match="--key"):
        consume(workspace, address)

    assert (workspace / "online_input" / "site_000.ogg").exists()
    with busy() as address:
        assert consume(workspace, address) == Consumed(heard=1)


def _until(holds: Callable[[], bool]) -> None:
    over = time.monotonic() + 60
    while not holds() and time.monotonic() < over:
        time.sleep(0.01)
    assert holds()
