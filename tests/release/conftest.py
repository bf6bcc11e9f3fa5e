from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from silencio.optimize.bundle import Bundle
from silencio.release.gateway import HEALTH, EmbeddedRouter
from silencio.serving.process import RunningProcess, free_port, silencio_command, start
from tests.bundles import TONES, make_bundle, write_tones


@dataclass(frozen=True)
class Service:
    bundle: Bundle
    address: str


@dataclass(frozen=True)
class RunningGateway:
    address: str
    state: Path
    process: RunningProcess

    @property
    def router(self) -> EmbeddedRouter:
        return EmbeddedRouter(self.address, self.state)


@pytest.fixture(scope="session")
def champion_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_bundle(tmp_path_factory.mktemp("champion"))


@pytest.fixture(scope="session")
def candidate_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Hears the same species at slightly other pitches: a good candidate, and another digest."""
    tones = {code: 1.01 * hertz for code, hertz in TONES.items()}
    return make_bundle(tmp_path_factory.mktemp("candidate"), tones=tones)


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_tones(tmp_path_factory.mktemp("tones"))


@pytest.fixture(scope="session")
def feedback_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("feedback")


@pytest.fixture(scope="session")
def champion(champion_bundle: Bundle, feedback_folder: Path) -> Iterator[Service]:
    yield from _serve(champion_bundle, feedback_folder)


@pytest.fixture(scope="session")
def candidate(candidate_bundle: Bundle, feedback_folder: Path) -> Iterator[Service]:
    yield from _serve(candidate_bundle, feedback_folder)


@pytest.fixture(scope="session")
def _gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    folder = tmp_path_factory.mktemp("gateway")
    state = folder / "gateway.json"
    address = f"http://127.0.0.1:{(port := free_port())}"
    command = silencio_command("gateway", "--port", str(port), "--state", str(state))
    process = start(command, folder / "gateway.log", address + HEALTH)
    yield RunningGateway(address, state, process)
    process.stop()


@pytest.fixture
def gateway(_gateway: RunningGateway) -> RunningGateway:
    """One process for all tests; each begins without any route."""
    _gateway.router.set_routes({})
    return _gateway


def _serve(bundle: Bundle, feedback_folder: Path) -> Iterator[Service]:
    address = f"http://127.0.0.1:{(port := free_port())}"
    what = ["--bundle", str(bundle.folder), "--feedback", str(feedback_folder), "--port", str(port)]
    process = start(silencio_command("serve", *what), feedback_folder / "service.log", f"{address}/readyz")
    yield Service(bundle, address)
    process.stop()
