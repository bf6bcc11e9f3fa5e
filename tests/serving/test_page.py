"""The page as a visitor's browser sees it, in a real Chromium."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from silencio.optimize.bundle import Bundle
from silencio.serving.process import free_port, silencio_command, start
from tests.bundles import tone

CHROMIUM = shutil.which("chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium (apt-get install chromium)")


@pytest.fixture(scope="module")
def address(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    command = silencio_command("serve", "--bundle", str(bundle.folder), "--port", str(port))
    log = tmp_path_factory.mktemp("page") / "service.log"
    service = start(command, log, f"http://127.0.0.1:{port}/readyz")
    yield f"http://127.0.0.1:{port}"
    service.stop()


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser.new_page(viewport={"width": 390, "height": 844})
        browser.close()


def test_a_recording_that_is_chosen_is_answered_with_its_species(
    page: Page, address: str, tmp_path: Path
) -> None:
    recording = tmp_path / "frog.wav"
    recording.write_bytes(tone("frogli1"))
    page.goto(address)
    page.set_input_files("#file", recording)
    expect(page.locator("#species")).to_contain_text("Litter frog", timeout=15_000)
    expect(page.locator("#species")).not_to_contain_text("Antshrike")


def test_what_is_no_recording_is_refused_in_words(page: Page, address: str, tmp_path: Path) -> None:
    text = tmp_path / "notes.wav"
    text.write_text("not a recording")
    page.goto(address)
    page.set_input_files("#file", text)
    expect(page.locator("#said")).to_contain_text(
        "WAV, FLAC, OGG, MP3, M4A and AAC are taken", timeout=15_000
    )


def test_nothing_is_loaded_from_elsewhere_and_nothing_sticks_out_on_a_phone(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    assert asked
    assert all(url.startswith(address) for url in asked)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
