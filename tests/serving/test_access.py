"""Nobody gets in without a key that may; nobody asks too often; pages elsewhere ask for nothing."""

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import WebSocketDenialResponse
from typer.testing import CliRunner, Result

from silencio.cli import app
from silencio.errors import SilencioError, WrongUse
from silencio.optimize.bundle import Bundle
from silencio.serving.access.keys import KeyFile
from silencio.serving.access.rates import MOST_CALLERS, Rates
from silencio.serving.access.scopes import NEEDED, OPEN, Scope, needed
from silencio.serving.app import create_app
from silencio.serving.service import Service
from silencio.settings import Serving
from silencio.settings.service import Access
from tests.bundles import tone

RECORDING = tone("frogli1")
WORD = {"request": "never-made", "species": "frogli1", "said_by": "Ana"}

Ask = Callable[..., TestClient]


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.json")


@pytest.fixture
def ask(bundle: Bundle) -> Iterator[Ask]:
    """A service with some access; `host` is where the client seems to be."""

    def ask(host: str = "127.0.0.1", **access: object) -> TestClient:
        settings = Serving(access=Access.model_validate(access))
        return TestClient(create_app(Service.of(bundle, settings)), client=(host, 50_000))

    return ask


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def test_a_key_opens_the_routes_of_its_scope_and_no_others(file: KeyFile, ask: Ask, tmp_path: Path) -> None:
    identify, feedback, admin = (file.add(scope, [scope]) for scope in Scope)
    service = ask(keys=tmp_path / "keys.json")
    statuses = {
        key: [
            service.post("/v1/identify", content=RECORDING, headers=bearer(key)).status_code,
            service.get("/v1/model", headers=bearer(key)).status_code,
            service.post("/v1/feedback", json=WORD, headers=bearer(key)).status_code,
            service.get("/metrics", headers=bearer(key)).status_code,
        ]
        for key in (identify, feedback, admin)
    }
    assert statuses == {
        identify: [200, 200, 403, 403],
        feedback: [403, 403, 404, 403],
        admin: [200, 200, 404, 200],
    }


def test_a_key_may_be_shown_in_either_header(file: KeyFile, ask: Ask, tmp_path: Path) -> None:
    key = file.add("app", [Scope.IDENTIFY])
    service = ask(keys=tmp_path / "keys.json")
    for headers in ({"x-api-key": key}, {"authorization": f"bearer {key}"}):
        assert service.get("/v1/model", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{}, bearer("wrong"), bearer(""), {"authorization": "Basic YTpi"}, {"x-api-key": "ü".encode("latin-1")}],
)
def test_without_a_key_that_is_known_nobody_gets_in(
    file: KeyFile, ask: Ask, tmp_path: Path, headers: dict[str, str]
) -> None:
    file.add("app", [Scope.IDENTIFY])
    answer = ask(keys=tmp_path / "keys.json").post("/v1/identify", content=RECORDING, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_key_that_may_not_is_told_which_scope_it_takes(file: KeyFile, ask: Ask, tmp_path: Path) -> None:
    key = file.add("app", [Scope.IDENTIFY])
    answer = ask(keys=tmp_path / "keys.json").post("/v1/feedback", json=WORD, headers=bearer(key))
    assert answer.status_code == 403
    assert 'scope="feedback"' in answer.headers["www-authenticate"]


def test_what_needs_no_key_needs_none(file: KeyFile, ask: Ask, tmp_path: Path) -> None:
    file.add("app", [Scope.IDENTIFY])
    service = ask(keys=tmp_path / "keys.json")
    for path in ("/", "/docs", "/openapi.json", "/healthz", "/readyz"):
        assert service.get(path).status_code == 200, path


def test_keys_come_and_go_while_the_service_runs(file: KeyFile, ask: Ask, tmp_path: Path) -> None:
    first = file.add("first", [Scope.IDENTIFY])
    service = ask(keys=tmp_path / "keys.json")
    second = file.add("second", [Scope.IDENTIFY])
    assert service.get("/v1/model", headers=bearer(second)).status_code == 200
    file.revoke("first")
    assert service.get("/v1/model", headers=bearer(first)).status_code == 401
    assert service.get("/v1/model", headers=bearer(second)).status_code == 200


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"keys": [{"name": "a"}]}', None])
def test_keys_that_cannot_be_read_let_nobody_in(
    file: KeyFile, ask: Ask, tmp_path: Path, damage: str | None
) -> None:
    key, path = file.add("app", [Scope.IDENTIFY]), tmp_path / "keys.json"
    service = ask(keys=path)
    path.write_text(damage) if damage is not None else path.unlink()
    assert service.get("/v1/model", headers=bearer(key)).status_code == 503
    with pytest.raises(SilencioError, match="keys"):
        KeyFile(path).all()


def test_a_service_does_not_start_without_the_keys_that_it_is_to_have(ask: Ask, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="silencio keys add"):
        ask(keys=tmp_path / "none.json")


def test_the_file_holds_no_key_and_is_its_owners_alone(file: KeyFile, tmp_path: Path) -> None:
    key, path = file.add("app", [Scope.IDENTIFY, Scope.FEEDBACK]), tmp_path / "keys.json"
    assert key not in path.read_text()
    assert key.removeprefix("silencio_") not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    assert [(k["name"], k["scopes"]) for k in json.loads(path.read_text())["keys"]] == [
        ("app", ["feedback", "identify"])
    ]


def test_every_key_is_another(file: KeyFile) -> None:
    keys = [file.add(f"key-{number}", [Scope.IDENTIFY]) for number in range(20)]
    assert len(set(keys)) == 20
    assert min(map(len, keys)) >= len("silencio_") + 43, "256 bits"


def test_a_name_is_there_once_and_every_key_may_do_something(file: KeyFile) -> None:
    file.add("app", [Scope.IDENTIFY])
    with pytest.raises(WrongUse, match="already"):
        file.add("app", [Scope.ADMIN])
    with pytest.raises(WrongUse, match="scope"):
        file.add("idle", [])
    with pytest.raises(WrongUse, match="name"):
        file.add("a\nb", [Scope.ADMIN])
    with pytest.raises(WrongUse, match="app"):
        file.revoke("apq")


def test_keys_are_made_shown_and_taken_back_by_the_command(tmp_path: Path) -> None:
    def keys(*words: str) -> Result:
        return CliRunner().invoke(app, ["keys", *words, "--file", str(tmp_path / "keys.json")])

    made = keys("add", "guides", "--scope", "identify").stdout.strip()
    key = KeyFile(tmp_path / "keys.json").find(made)
    assert key is not None
    assert (key.name, key.scopes) == ("guides", {Scope.IDENTIFY})
    assert made not in keys("list").stdout
    assert keys("revoke", "guides").exit_code == 0
    assert KeyFile(tmp_path / "keys.json").all() == ()
    assert isinstance(keys("add", "guides", "--scope", "everything").exception, WrongUse)


def test_every_route_stands_in_one_of_the_tables(bundle: Bundle) -> None:
    api = create_app(Service.of(bundle))
    paths = set(api.openapi()["paths"]) | set(api.openapi()["x-websockets"])
    paths |= {route.path for route in api.routes if isinstance(route, Route | WebSocketRoute | Mount)}
    known = [*NEEDED, *OPEN]
    assert not [
        p
        for p in paths
        if not any(p == k or (k != "/" and k.endswith("/") and p.startswith(k)) for k in known)
    ]


@pytest.mark.parametrize(
    "path", ["/v1/model/", "/v1/new", "/metrics/", "/docs/x", "//v1/model", "/v1/../v1/model", "/gateway"]
)
def test_what_stands_in_no_table_is_for_admins(path: str) -> None:
    assert needed(path) is Scope.ADMIN


def test_a_stream_takes_a_key_too(file: KeyFile, ask: Ask, tmp_path: Path) -> None:
    key = file.add("app", [Scope.IDENTIFY])
    service = ask(keys=tmp_path / "keys.json")
    with pytest.raises(WebSocketDenialResponse) as denied, service.websocket_connect("/v1/stream"):
        pass
    assert denied.value.status_code == 401
    with service.websocket_connect("/v1/stream", subprotocols=["silencio", key]) as socket:
        assert socket.accepted_subprotocol == "silencio"
    with service.websocket_connect("/v1/stream", headers=bearer(key)) as socket:
        assert socket.accepted_subprotocol is None


def test_who_asks_too_often_is_told_when_to_come_again(file: KeyFile, ask: Ask, tmp_path: Path) -> None:
    eager, calm = (file.add(name, [Scope.IDENTIFY]) for name in ("eager", "calm"))
    service = ask(keys=tmp_path / "keys.json", per_minute=6, burst=3)
    answers = [service.get("/v1/model", headers=bearer(eager)) for _ in range(5)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429, 429]
    assert [a.headers["ratelimit-remaining"] for a in answers] == ["2", "1", "0", "0", "0"]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 10
    assert service.get("/v1/model", headers=bearer(calm)).status_code == 200


def test_without_keys_each_address_has_its_rate_but_this_machine_none(ask: Ask) -> None:
    for host, limited in (("203.0.113.9", True), ("2001:db8::1", True), ("127.0.0.1", False), ("::1", False)):
        service = ask(host, per_minute=6, burst=2)
        statuses = [service.get("/v1/model").status_code for _ in range(4)]
        assert statuses == ([200, 200, 429, 429] if limited else [200] * 4), host


@given(
    st.floats(0.5, 6_000),
    st.integers(1, 100),
    st.lists(st.floats(0, 30), min_size=1, max_size=60),
)
def test_nobody_gets_more_than_the_burst_and_the_pace(
    per_minute: float, burst: int, pauses: list[float]
) -> None:
    rates, now, allowed = Rates(per_minute, burst), 0.0, 0
    for pause in pauses:
        now += pause
        allowance = rates.take("ana", now)
        allowed += allowance.allowed
        assert allowed <= burst + (now - pauses[0]) * per_minute / 60 + 1e-6
        if not allowance.allowed:
            assert rates.take("ana", now + allowance.wait + 1e-6).allowed
            now, allowed = now + allowance.wait + 1e-6, allowed + 1
            assert int(allowance.headers()["retry-after"]) == math.ceil(allowance.wait)


def test_callers_without_number_take_bounded_room() -> None:
    rates = Rates(60, 1)
    for number in range(MOST_CALLERS + 10):
        rates.take(str(number), 0.0)
    assert len(rates._buckets) == MOST_CALLERS


def test_pages_of_other_sites_may_ask_only_where_they_are_named(ask: Ask) -> None:
    friend, stranger = "https://reserve.example", "https://elsewhere.example"
    closed, open_to_one = ask(), ask(origins=[friend])
    preflight = {"access-control-request-method": "POST", "access-control-request-headers": "x-api-key"}
    for service, origin, may in (
        (closed, friend, False),
        (open_to_one, friend, True),
        (open_to_one, stranger, False),
    ):
        asked = service.options("/v1/identify", headers=preflight | {"origin": origin})
        assert ("access-control-allow-origin" in asked.headers) is may
        sent = {"origin": origin, "sec-fetch-site": "cross-site"}
        answer = service.post("/v1/identify", content=RECORDING, headers=sent)
        assert (answer.status_code == 200) is may
    own = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}
    assert closed.post("/v1/identify", content=RECORDING, headers=own).status_code == 200


def test_browsers_are_told_to_be_careful(ask: Ask) -> None:
    service = ask()
    for path in ("/", "/docs", "/v1/model", "/nowhere"):
        headers = service.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["referrer-policy"] == "no-referrer"
    assert service.get("/v1/model").headers["cache-control"] == "no-store"
