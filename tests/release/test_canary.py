import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import isnan
from pathlib import Path

import pytest

from silencio.evaluation.gates import GateResult, Verdict
from silencio.handover import Kind, seal
from silencio.optimize.bundle import Bundle
from silencio.release.canary import USERS, CanaryAnalysis, analyse, wilson
from silencio.release.router import Route, Track
from silencio.serving.process import free_port, silencio_command, start
from silencio.settings import Release
from tests.release.conftest import RunningGateway, Service

PATIENT = Release(requests=12, max_p95_ms=5_000)
"""Few requests, and a bar on latency that a busy machine keeps."""
PRODUCTION, CANARY = Track.PRODUCTION, Track.CANARY


def test_a_good_candidate_passes(
    gateway: RunningGateway, champion: Service, candidate: Service, recordings: list[Path]
) -> None:
    _share(gateway, champion.address, candidate.address)
    analysis = analyse(gateway.address, PRODUCTION, recordings, candidate.bundle, PATIENT)
    # Two services on a busy machine may differ in speed by chance; all else must pass.
    others = [r for r in analysis.results if r.name != "p95 against champion"]
    assert {r.verdict for r in others} == {Verdict.PASS}, analysis
    assert _named(analysis, "agreement with champion").value == 1.0
    assert _named(analysis, "error rate").high == pytest.approx(wilson(0.0, 12 + USERS)[1])
    assert analysis.notes == ()


def test_without_a_champion_agreement_is_noted_and_not_passed(
    gateway: RunningGateway, candidate: Service, recordings: list[Path]
) -> None:
    gateway.router.set_routes({CANARY: Route(candidate.address, 100)})
    analysis = analyse(gateway.address, None, recordings, candidate.bundle, PATIENT)
    assert analysis.verdict is Verdict.PASS
    assert "agreement with champion" not in {r.name for r in analysis.results}
    assert "no champion" in analysis.notes[0]


def test_a_candidate_fed_with_other_features_fails_agreement(
    gateway: RunningGateway, champion: Service, altered: Service, recordings: list[Path]
) -> None:
    _share(gateway, champion.address, altered.address)
    analysis = analyse(gateway.address, PRODUCTION, recordings, altered.bundle, PATIENT)
    assert analysis.verdict is Verdict.FAIL
    assert _named(analysis, "agreement with champion").verdict is Verdict.FAIL
    assert _named(analysis, "skew").verdict is Verdict.PASS, (
        "the bundle says the same: it is the bundle that is wrong"
    )


def test_a_service_that_computes_something_else_than_its_bundle_fails(
    gateway: RunningGateway, altered: Service, champion_bundle: Bundle, recordings: list[Path]
) -> None:
    gateway.router.set_routes({CANARY: Route(altered.address, 100)})
    analysis = analyse(gateway.address, None, recordings, champion_bundle, PATIENT)
    failed = {r.name for r in analysis.results if r.verdict is Verdict.FAIL}
    assert failed == {"skew", "answers by the bundle"}


def test_a_candidate_that_answers_errors_fails(
    gateway: RunningGateway, champion: Service, broken: str, candidate_bundle: Bundle, recordings: list[Path]
) -> None:
    _share(gateway, champion.address, broken)
    analysis = analyse(gateway.address, PRODUCTION, recordings, candidate_bundle, PATIENT)
    assert analysis.verdict is Verdict.FAIL
    assert _named(analysis, "error rate").value == 1.0
    assert _named(analysis, "agreement with champion").verdict is Verdict.INCONCLUSIVE


def test_nothing_to_send_is_inconclusive(
    gateway: RunningGateway, champion: Service, candidate: Service
) -> None:
    _share(gateway, champion.address, candidate.address)
    analysis = analyse(gateway.address, PRODUCTION, [], candidate.bundle, PATIENT)
    assert {r.verdict for r in analysis.results} == {Verdict.INCONCLUSIVE}
    assert analysis.verdict is Verdict.INCONCLUSIVE


def test_the_interval_of_a_share_does_not_collapse_at_zero() -> None:
    low, high = wilson(0.0, 60)
    assert low == 0
    assert 0.05 < high < 0.07
    assert all(isnan(bound) for bound in wilson(0.0, 0))


@pytest.fixture(scope="session")
def altered(champion_bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The champion's model with another front end, sealed as if it belonged to it."""
    folder = tmp_path_factory.mktemp("altered") / "bundle"
    shutil.copytree(champion_bundle.folder, folder)
    front_end = json.loads((folder / "frontend.json").read_text())
    (folder / "frontend.json").write_text(json.dumps(front_end | {"fmax": 3_000.0}))
    seal(folder, Kind.BUNDLE, champion_bundle.facts)
    address = f"http://127.0.0.1:{(port := free_port())}"
    command = silencio_command("serve", "--bundle", str(folder), "--port", str(port))
    process = start(command, folder.parent / "log", f"{address}/readyz")
    yield Service(Bundle.open(folder), address)
    process.stop()


@pytest.fixture
def broken() -> Iterator[str]:
    class Broken(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_error(500)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Broken) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _share(gateway: RunningGateway, champion: str, candidate: str) -> None:
    gateway.router.set_routes({PRODUCTION: Route(champion, 80), CANARY: Route(candidate, 20)})


def _named(analysis: CanaryAnalysis, name: str) -> GateResult:
    return next(r for r in analysis.results if r.name == name)
