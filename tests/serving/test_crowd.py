"""How a service bears crowds, against small servers that answer as a test wants."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from silencio.evaluation.gates import GateResult, Verdict, decision
from silencio.serving.crowd import bear
from silencio.settings import Release
from tests.bundles import write_tones

PATIENT = Release(requests=10, max_p95_ms=30_000, users=(2, 4))


@contextmanager
def answering(*statuses: int, retry_after: str | None = "1") -> Iterator[str]:
    """A server whose answers have these statuses, one after the other, again and again."""
    turn, counted = threading.Lock(), iter(range(1 << 30))

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            with turn:
                status = statuses[next(counted) % len(statuses)]
            self.send_response(status)
            if status == 429 and retry_after:
                self.send_header("retry-after", retry_after)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *values: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def recordings(tmp_path: Path) -> list[Path]:
    return write_tones(tmp_path / "tones")


def named(results: list[GateResult], name: str) -> dict[str, GateResult]:
    return {gate.slice: gate for gate in results if gate.name == name}


def test_a_real_service_bears_every_crowd(address: str, recordings: list[Path]) -> None:
    results = bear(address, recordings, PATIENT.model_copy(update={"users": (8, 16, 32)}))
    assert decision(results) is Verdict.PASS, results
    assert set(named(results, "error rate")) == {"8 users", "16 users", "32 users"}
    assert set(named(results, "p95 ms")) == {"8 users"}, "how fast it is is asked of the crowd it is made for"


def test_to_be_told_when_to_come_again_is_reported_and_no_error(recordings: list[Path]) -> None:
    with answering(200, 429) as address:
        results = bear(address, recordings, PATIENT)
    assert decision(results) is Verdict.PASS, results
    assert [gate.value for gate in named(results, "error rate").values()] == [0, 0]
    assert [gate.value for gate in named(results, "told to come again").values()] == [0.5, 0.5]


def test_a_refusal_that_does_not_say_when_to_come_again_is_an_error(recordings: list[Path]) -> None:
    with answering(200, 429, retry_after=None) as address:
        results = bear(address, recordings, PATIENT)
    assert {gate.verdict for gate in named(results, "error rate").values()} == {Verdict.FAIL}


def test_a_service_that_turns_most_away_does_not_pass(recordings: list[Path]) -> None:
    with answering(429, 429, 200) as address:
        results = bear(address, recordings, PATIENT)
    assert {gate.verdict for gate in named(results, "told to come again").values()} == {Verdict.FAIL}


def test_one_error_among_many_answers_is_one_too_many(recordings: list[Path]) -> None:
    with answering(*[200] * 9, 500) as address:
        results = bear(address, recordings, PATIENT)
    assert named(results, "error rate")["2 users"].value == pytest.approx(0.1)
    assert decision(results) is Verdict.FAIL


def test_a_service_that_is_too_slow_for_its_guides_fails(recordings: list[Path]) -> None:
    with answering(200) as address:
        results = bear(address, recordings, PATIENT.model_copy(update={"max_p95_ms": 1e-6}))
    assert [gate.slice for gate in results if gate.verdict is Verdict.FAIL] == ["2 users"]


def test_with_nothing_to_send_nothing_is_judged() -> None:
    assert decision(bear("http://127.0.0.1:1", [], PATIENT)) is Verdict.INCONCLUSIVE
