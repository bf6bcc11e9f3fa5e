"""The reference at /docs is the OpenAPI document, and complete by itself."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import sync_playwright

from silencio.optimize.bundle import Bundle
from tests.bundles import tone
from tests.serving.services import served

CHROMIUM = shutil.which("chromium")
METHODS = {"get", "post"}


def test_it_shows_every_route_with_its_parameters_refusals_and_a_line_for_the_terminal(
    service: TestClient,
) -> None:
    document, page = service.get("/openapi.json").json(), service.get("/docs").text
    for path, operations in document["paths"].items():
        assert f"<code>{path}</code>" in page
        for operation in (operations[method] for method in METHODS & operations.keys()):
            for parameter in operation.get("parameters", []):
                assert f"<code>{parameter['name']}</code>" in page
            for status in operation["responses"]:
                assert status in page
    assert page.count("curl ") == sum(len(METHODS & o.keys()) for o in document["paths"].values())
    assert "/v1/stream" in page


def test_every_route_has_an_example_of_what_it_answers(service: TestClient) -> None:
    page = service.get("/docs").text
    for section in page.split("<section")[1:]:
        assert "<figcaption>" in section, section[:200]


def test_it_is_well_formed_and_needs_nothing_from_elsewhere(service: TestClient) -> None:
    answer = service.get("/docs")
    assert "style-src 'sha256-" in answer.headers["content-security-policy"]
    assert "script" not in answer.text
    outside = re.findall(r"(?:src|href)=\"?(?![\"#]|openapi\.json|\./)[^\s>]+", answer.text)
    assert outside == []

    class Nesting(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag != "meta":
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    nesting = Nesting()
    nesting.feed(answer.text)
    assert nesting.open == []


def test_the_pages_that_fastapi_would_load_from_elsewhere_are_off(service: TestClient) -> None:
    assert service.get("/redoc").status_code == 404
    assert "cdn" not in service.get("/docs").text


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium (apt-get install chromium)")
def test_it_is_laid_out_on_a_phone_and_its_line_for_the_terminal_works(
    bundle: Bundle, tmp_path: Path
) -> None:
    with served(bundle, tmp_path) as (address, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 360, "height": 740})
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{address}/docs")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(246, 244, 238)"
        assert all(url.startswith(address) for url in asked)
        line = page.locator("section:has(#post-v1-identify) pre").first.inner_text()
        browser.close()
        (tmp_path / "dawn.ogg").write_bytes(tone("frogli1", kind="OGG"))
        said = subprocess.run(
            f"{line} --silent --noproxy '*'",
            shell=True,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        assert "Litter frog" in said.stdout
