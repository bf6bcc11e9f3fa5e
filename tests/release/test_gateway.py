import stat
import threading
from collections import Counter
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silencio.data.feedback import FeedbackStore
from silencio.errors import SilencioError, WrongUse
from silencio.release.gateway import ROUTES, EmbeddedRouter
from silencio.release.router import TRACK_HEADER, Route, Router, Track
from silencio.release.turns import Turns
from silencio.serving.process import free_port, silencio_command, start
from tests.bundles import tone
from tests.release.conftest import RunningGateway, Service

PRODUCTION, CANARY = Track.PRODUCTION, Track.CANARY


@given(st.integers(0, 100), st.integers(0, 100))
def test_of_every_hundred_turns_each_track_gets_exactly_its_percent(a: int, b: int) -> None:
    staging, canary = min(a, b), max(a, b) - min(a, b)
    weights = {Track.STAGING: staging, CANARY: canary, PRODUCTION: 100 - staging - canary}
    turns = Turns(weights)
    counts = Counter(turns.next() for _ in range(100))
    assert counts == {track: weight for track, weight in weights.items() if weight}


def test_turns_are_spread_and_not_in_blocks() -> None:
    turns = Turns({PRODUCTION: 80, CANARY: 20})
    assert [turns.next() for _ in range(10)].count(CANARY) == 2


def test_exactly_twenty_of_a_hundred_requests_reach_a_canary_at_twenty_percent(
    gateway: RunningGateway, champion: Service, candidate: Service
) -> None:
    router: Router = gateway.router
    router.set_routes({PRODUCTION: Route(champion.address, 80), CANARY: Route(candidate.address, 20)})
    assert router.weights() == {PRODUCTION: 80, CANARY: 20}
    digests = {PRODUCTION: champion.bundle.digest, CANARY: candidate.bundle.digest}
    counts: Counter[str] = Counter()
    with _client(gateway) as http:
        for _ in range(100):
            answer = http.get("/v1/model")
            track = Track(answer.headers[TRACK_HEADER])
            assert answer.json()["digest"] == digests[track]
            counts[track] += 1
    assert counts == {PRODUCTION: 80, CANARY: 20}


def test_a_request_that_asks_for_a_track_gets_it_whatever_the_weights(
    gateway: RunningGateway, champion: Service, candidate: Service
) -> None:
    gateway.router.set_routes({PRODUCTION: Route(champion.address, 100), CANARY: Route(candidate.address, 0)})
    with _client(gateway) as http:
        pinned = http.post("/v1/identify", content=tone("howmon1"), headers={TRACK_HEADER: "canary"})
        assert pinned.headers[TRACK_HEADER] == "canary"
        assert pinned.json()["model"]["digest"] == candidate.bundle.digest
        assert http.get("/v1/model", headers={TRACK_HEADER: "staging"}).status_code == 503
        assert http.get("/v1/model", headers={TRACK_HEADER: "moon"}).status_code == 400
        assert {http.get("/v1/model").headers[TRACK_HEADER] for _ in range(10)} == {"production"}


def test_weights_change_live_without_a_failed_request(
    gateway: RunningGateway, champion: Service, candidate: Service
) -> None:
    shares = (20, 50, 100, 0)
    over, statuses = threading.Event(), Counter[int]()

    def ask() -> None:
        with _client(gateway) as http:
            while not over.is_set():
                statuses[http.post("/v1/identify", content=tone("frogli1")).status_code] += 1

    gateway.router.set_routes({PRODUCTION: Route(champion.address, 100)})
    users = [threading.Thread(target=ask) for _ in range(3)]
    for user in users:
        user.start()
    for share in shares:
        gateway.router.set_routes(
            {PRODUCTION: Route(champion.address, 100 - share), CANARY: Route(candidate.address, share)}
        )
        over.wait(0.3)
    over.set()
    for user in users:
        user.join()
    assert set(statuses) == {200}


def test_feedback_through_the_gateway_reaches_a_service_that_knows_the_request(
    gateway: RunningGateway, champion: Service, candidate: Service, feedback_folder: Path
) -> None:
    gateway.router.set_routes({PRODUCTION: Route(champion.address, 50), CANARY: Route(candidate.address, 50)})
    with _client(gateway) as http:
        for guide in ("Ana", "Luis", "Sofia", "Mateo"):
            request = http.post("/v1/identify", files={"file": tone("antshr1", kind="OGG")}).json()["request"]
            word = {"request": request, "species": "frogli1", "said_by": guide}
            assert http.post("/v1/feedback", json=word).status_code == 201
    kept = FeedbackStore(feedback_folder).statements()
    assert {"Ana", "Luis", "Sofia", "Mateo"} <= {c.said_by for c in kept}


def test_without_a_track_every_request_gets_a_problem(gateway: RunningGateway) -> None:
    answer = httpx.get(f"{gateway.address}/v1/model", trust_env=False)
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")


def test_a_dead_track_is_seen_and_not_papered_over(gateway: RunningGateway, champion: Service) -> None:
    dead = f"http://127.0.0.1:{free_port()}"
    gateway.router.set_routes({PRODUCTION: Route(champion.address, 90), CANARY: Route(dead, 10)})
    with _client(gateway) as http:
        answers = [http.get("/v1/model") for _ in range(20)]
    assert [a.status_code for a in answers].count(503) == 2
    assert {a.headers[TRACK_HEADER] for a in answers if a.status_code == 503} == {"canary"}


def test_errors_of_a_service_pass_through_unchanged(gateway: RunningGateway, champion: Service) -> None:
    gateway.router.set_routes({PRODUCTION: Route(champion.address, 100)})
    with _client(gateway) as http:
        garbage = http.post("/v1/identify", content=b"garbage")
        assert (garbage.status_code, garbage.headers["content-type"]) == (415, "application/problem+json")
        assert http.post("/v1/identify", content=bytes(33 << 20)).status_code == 413
        assert http.get("/").text == httpx.get(champion.address, trust_env=False).text


def test_weights_must_add_up(gateway: RunningGateway, champion: Service) -> None:
    with pytest.raises(WrongUse, match="add up to 100"):
        gateway.router.set_routes({PRODUCTION: Route(champion.address, 80)})


def test_only_who_reads_the_state_file_changes_routes(gateway: RunningGateway, tmp_path: Path) -> None:
    assert stat.S_IMODE(gateway.state.stat().st_mode) == 0o600
    routes = {"production": {"address": "http://127.0.0.1:1", "weight": 100}}
    for headers in ({}, {"authorization": "Bearer guess"}, {"authorization": "Basic guess"}):
        answer = httpx.put(gateway.address + ROUTES, json=routes, headers=headers, trust_env=False)
        assert answer.status_code == 403
    (tmp_path / "another.json").write_text('{"token": "another"}')
    with pytest.raises(SilencioError, match="403"):
        EmbeddedRouter(gateway.address, tmp_path / "another.json").weights()
    assert gateway.router.weights() == {}


def test_a_gateway_finds_its_routes_in_the_state_file(
    gateway: RunningGateway, champion: Service, tmp_path: Path
) -> None:
    gateway.router.set_routes({PRODUCTION: Route(champion.address, 100)})
    state = tmp_path / "gateway.json"
    state.write_bytes(gateway.state.read_bytes())
    address = f"http://127.0.0.1:{(port := free_port())}"
    again = silencio_command("gateway", "--port", str(port), "--state", str(state))
    process = start(again, tmp_path / "again.log", f"{address}/v1/model")
    try:
        assert EmbeddedRouter(address, state).weights() == {PRODUCTION: 100}
    finally:
        process.stop()


def _client(gateway: RunningGateway) -> httpx.Client:
    return httpx.Client(base_url=gateway.address, timeout=20, trust_env=False)
