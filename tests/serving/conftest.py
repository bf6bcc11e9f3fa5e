import shutil
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, sync_playwright

from silencio.data.feedback import FeedbackStore
from silencio.optimize.bundle import Bundle
from silencio.serving.app import create_app
from silencio.serving.process import free_port, silencio_command, start
from silencio.serving.service import Service
from silencio.settings import Serving
from tests.bundles import make_bundle, tone

LIMITS = Serving(max_bytes=1 << 20, max_seconds=20.0)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FeedbackStore:
    return FeedbackStore(tmp_path_factory.mktemp("feedback"))


@pytest.fixture(scope="module")
def service(bundle: Bundle, store: FeedbackStore) -> Iterator[TestClient]:
    serving = Service.of(bundle, LIMITS, store)
    with TestClient(create_app(serving)) as client:
        yield client
    serving.close()


@pytest.fixture(scope="session")
def address(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service in a process of its own, for who needs a network between."""
    folder = tmp_path_factory.mktemp("service")
    address = f"http://127.0.0.1:{(port := free_port())}"
    what = ["--bundle", str(bundle.folder), "--feedback", str(folder / "feedback"), "--port", str(port)]
    process = start(silencio_command("serve", *what), folder / "log", f"{address}/readyz")
    yield address
    process.stop()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A real Chromium, in whose microphone a frog calls."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs chromium (apt-get install chromium)")
    frog = tmp_path_factory.mktemp("microphone") / "frog.wav"
    frog.write_bytes(tone("frogli1", 20.0))
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={frog}",
    ]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield launched
        launched.close()
