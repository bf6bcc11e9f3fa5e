import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from silencio.errors import WrongUse
from silencio.optimize.bundle import Bundle
from silencio.release.router import TRACK_HEADER, Track
from silencio.release.tracks import Deployment, LocalTracks
from silencio.serving.process import born
from tests.bundles import tone

PRODUCTION, CANARY = Track.PRODUCTION, Track.CANARY


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("tracks") / "release"
    yield folder
    tracks(folder).stop_all()


@pytest.fixture
def production(folder: Path, champion_bundle: Bundle) -> Deployment:
    """The champion, with all of the traffic; what the last test left running is used again."""
    tracks(folder).retire(CANARY)
    deployment = tracks(folder).deploy(PRODUCTION, champion_bundle.folder)
    tracks(folder).set_weights({PRODUCTION: 100})
    return deployment


def tracks(folder: Path) -> LocalTracks:
    """As each command of its own makes them: nothing but the folder goes from one to the next."""
    return LocalTracks(folder, folder.parent / "feedback", stop_after_idle=60)


def test_the_same_bundle_once_more_is_left_alone(
    folder: Path, production: Deployment, champion_bundle: Bundle
) -> None:
    assert tracks(folder).deploy(PRODUCTION, champion_bundle.folder) == production
    assert tracks(folder).running() == {PRODUCTION: production}


def test_a_canary_gets_its_share_and_gives_it_back(
    folder: Path, production: Deployment, candidate_bundle: Bundle
) -> None:
    gateway = tracks(folder).gateway_address()
    canary = tracks(folder).deploy(CANARY, candidate_bundle.folder)
    tracks(folder).set_weights({PRODUCTION: 80, CANARY: 20})
    assert tracks(folder).gateway_address() == gateway
    with httpx.Client(base_url=gateway, trust_env=False) as http:
        answered = Counter(http.get("/v1/model").headers[TRACK_HEADER] for _ in range(50))
    assert answered == {"production": 40, "canary": 10}
    assert tracks(folder).running() == {PRODUCTION: production, CANARY: canary}

    tracks(folder).retire(CANARY)
    assert born(canary.pid) is None
    assert tracks(folder).weights() == {PRODUCTION: 100}
    answer = httpx.get(f"{gateway}/v1/model", trust_env=False)
    assert answer.json()["digest"] == production.digest


def test_production_is_replaced_without_a_failed_request(
    folder: Path, production: Deployment, champion_bundle: Bundle, candidate_bundle: Bundle
) -> None:
    gateway = tracks(folder).gateway_address()
    over, answered = threading.Event(), Counter[tuple[int, str]]()

    def ask() -> None:
        with httpx.Client(base_url=gateway, timeout=20, trust_env=False) as http:
            while not over.is_set():
                answer = http.post("/v1/identify", content=tone("frogli1"))
                answered[answer.status_code, answer.json().get("model", {}).get("digest")] += 1

    users = [threading.Thread(target=ask) for _ in range(3)]
    for user in users:
        user.start()
    tracks(folder).deploy(PRODUCTION, candidate_bundle.folder)
    over.wait(0.3)
    over.set()
    for user in users:
        user.join()
    assert set(answered) == {(200, champion_bundle.digest), (200, candidate_bundle.digest)}
    assert born(production.pid) is None


def test_what_was_killed_is_noticed_and_comes_back_as_it_was(
    folder: Path, production: Deployment, champion_bundle: Bundle
) -> None:
    gateway = int(json.loads((folder / "tracks.json").read_text())["gateway"]["pid"])
    for pid in (production.pid, gateway):
        os.kill(pid, signal.SIGKILL)
        _until_gone(pid)
    assert tracks(folder).running() == {}

    again = tracks(folder).deploy(PRODUCTION, champion_bundle.folder)
    assert tracks(folder).running() == {PRODUCTION: again}
    address = tracks(folder).gateway_address()
    assert httpx.get(f"{address}/v1/model", trust_env=False).json()["digest"] == champion_bundle.digest


def test_no_weight_goes_to_where_nothing_is(folder: Path) -> None:
    with pytest.raises(WrongUse, match="Nothing is deployed to staging"):
        tracks(folder).set_weights({Track.STAGING: 100})


def test_stopping_all_leaves_nothing_behind(folder: Path, production: Deployment) -> None:
    gateway = tracks(folder).gateway_address()
    tracks(folder).stop_all()
    assert born(production.pid) is None
    assert tracks(folder).running() == {}
    with pytest.raises(httpx.ConnectError):
        httpx.get(gateway, trust_env=False)


def _until_gone(pid: int) -> None:
    until = time.monotonic() + 5
    while born(pid) is not None and time.monotonic() < until:
        time.sleep(0.02)
