"""What a request leaves in the log: its id everywhere, one line when it is over, and nobody's name."""

import json
import logging
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from silencio.logs import JsonLines
from silencio.optimize.bundle import Bundle
from silencio.serving.app import create_app
from silencio.serving.service import Service
from silencio.serving.visits import WELL_FORMED
from tests.bundles import tone


class Kept(logging.Handler):
    """The lines as a machine would read them."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self.lines: list[dict[str, object]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(self.format(record)))


@pytest.fixture
def logged() -> Iterator[Kept]:
    kept, ours = Kept(), logging.getLogger("silencio")
    level = ours.level
    ours.addHandler(kept)
    ours.setLevel(logging.INFO)
    yield kept
    ours.removeHandler(kept)
    ours.setLevel(level)


@pytest.fixture(scope="module")
def app(bundle: Bundle) -> FastAPI:
    app = create_app(Service.of(bundle))

    @app.get("/breaks")
    def breaks() -> None:
        raise RuntimeError("a bug")

    return app


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def test_a_request_leaves_one_line_that_says_what_was_heard(
    client: TestClient, bundle: Bundle, logged: Kept
) -> None:
    recording = tone("frogli1", 2.0)
    answer = client.post("/v1/identify", content=recording)
    (line,) = logged.lines
    assert line["id"] == answer.headers["x-request-id"]
    assert (line["method"], line["route"], line["status"]) == ("POST", "/v1/identify", 200)
    assert (line["bytes"], line["windows"], line["top"]) == (len(recording), 2, "frogli1")
    assert line["confidence"] == answer.json()["species"][0]["confidence"]
    assert (line["request"], line["model"]) == (answer.json()["request"], bundle.digest)
    assert isinstance(line["ms"], float)


def test_no_line_says_who_asked(client: TestClient, logged: Kept) -> None:
    secrets = {"authorization": "Bearer geheim", "cookie": "session=geheim", "x-forwarded-for": "203.0.113.9"}
    client.post("/v1/identify?latitude=4.60971", content=tone("frogli1"), headers=secrets)
    client.get("/v1/tours/geheim", headers=secrets)
    text = json.dumps(logged.lines)
    assert len(logged.lines) == 2
    assert not [word for word in ("geheim", "203.0.113.9", "testclient", "4.60971") if word in text]


def test_who_names_a_request_gets_it_back_by_that_name(client: TestClient, logged: Kept) -> None:
    answer = client.get("/v1/model", headers={"x-request-id": "tour-7.clip_3"})
    assert answer.headers["x-request-id"] == "tour-7.clip_3"
    assert logged.lines[0]["id"] == "tour-7.clip_3"


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80))
def test_no_id_can_forge_a_line_of_the_log(app: FastAPI, said: str) -> None:
    answer = TestClient(app).get("/healthz", headers={"x-request-id": said})
    given_back = answer.headers["x-request-id"]
    assert WELL_FORMED.fullmatch(given_back)
    assert (given_back == said) == bool(WELL_FORMED.fullmatch(said))


@pytest.mark.parametrize("path", ["/nowhere", "/v1/identify"])
def test_an_error_names_the_request_that_it_answers(client: TestClient, path: str) -> None:
    answer = client.post(path, content=b"garbage")
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_a_bug_is_told_with_the_id_that_the_log_has(client: TestClient, logged: Kept) -> None:
    answer = client.get("/breaks")
    assert answer.status_code == 500
    assert {line["id"] for line in logged.lines} == {answer.headers["x-request-id"]}
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert [line["status"] for line in logged.lines if "status" in line] == [500]
    assert any("a bug" in str(line.get("error")) for line in logged.lines)


def test_who_asks_on_a_clock_leaves_no_lines(client: TestClient, logged: Kept) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        client.get(path)
    assert not logged.lines
