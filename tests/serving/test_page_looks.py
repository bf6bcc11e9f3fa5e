"""How the page looks, on the narrowest phone and a wide screen, by day and by night; and that all of it is ours."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, expect

from tests.bundles import tone

READABLE = 4.5
"""The contrast of text that WCAG 2.2 asks for at level AA."""

CONTRASTS = """() => {
    const parts = text => (text.match(/[\\d.]+/g) ?? []).map(Number);
    const over = ([r, g, b, a = 1], under) => [r, g, b].map((c, i) => a * c + (1 - a) * under[i]);
    const light = rgb => {
        const [r, g, b] = rgb.map(c => c / 255).map(c => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const backgrounds = element => {
        const style = getComputedStyle(element), own = parts(style.backgroundColor);
        const gradient = (style.backgroundImage.match(/rgba?\\([^)]*\\)/g) ?? []).map(parts);
        if (gradient.length) return gradient;
        if (own.length === 3) return [own];
        const under = element.parentElement ? backgrounds(element.parentElement) : [[255, 255, 255]];
        return under.map(one => over(own, one));
    };
    const found = [];
    for (const element of document.querySelectorAll("body *")) {
        const text = [...element.childNodes].filter(n => n.nodeType === 3).map(n => n.data.trim()).join(" ").trim();
        const shown = element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
        if ((!text && element.tagName !== "INPUT") || !shown) continue;
        const ink = parts(getComputedStyle(element).color);
        for (const ground of backgrounds(element)) {
            const [dark, bright] = [light(over(ink, ground)), light(ground)].sort((a, b) => a - b);
            const what = `${element.tagName}.${element.className} “${text.slice(0, 30)}”`;
            found.push([(bright + 0.05) / (dark + 0.05), what]);
        }
    }
    return found;
}"""


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def frog(tmp_path: Path) -> Path:
    path = tmp_path / "a frog that calls at the creek behind the second house on the left.wav"
    path.write_bytes(tone("frogli1", 3.0))
    return path


def opened(browser: Browser, address: str, width: int, scheme: str = "light") -> Iterator[Page]:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


@pytest.fixture(params=[320, 390, 1280])
def page(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    yield from opened(browser, address, request.param)


@pytest.fixture
def phone(browser: Browser, address: str, scheme: str) -> Iterator[Page]:
    yield from opened(browser, address, 390, scheme)


def fill_with_everything(page: Page, recording: Path) -> None:
    """An answer, a window, a word that is not taken: all that can be read at once."""
    page.set_input_files("#file", recording)
    expect(page.locator("#answer")).to_be_visible(timeout=20_000)
    page.locator("#windows button").first.click()
    page.click("summary")
    page.locator("#species").get_by_role("button", name="Litter frog: right").click()
    expect(page.locator(".thanks.alarm")).to_contain_text("Say who you are first")


@pytest.mark.slow
def test_nothing_sticks_out_on_any_screen(page: Page, frog: Path) -> None:
    fill_with_everything(page, frog)
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, summary, input:not([type=file])")]
            .filter(one => one.checkVisibility() && !one.closest("#windows"))
            .map(one => [one.textContent || one.id, one.getBoundingClientRect().height])
            .filter(([, height]) => height < 24)"""
    )
    assert small == [], "a finger finds what is 24 px high"


@pytest.mark.slow
def test_all_text_is_readable_by_day_and_by_night(phone: Page, scheme: str, frog: Path) -> None:
    fill_with_everything(phone, frog)
    contrasts = phone.evaluate(CONTRASTS)
    assert len(contrasts) > 30
    assert [said for said in contrasts if said[0] < READABLE] == []
    ground = phone.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) > 384) == (scheme == "light")


@pytest.mark.slow
def test_everything_that_can_be_used_has_a_name(page: Page, frog: Path) -> None:
    fill_with_everything(page, frog)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, input, audio, dialog, [role=region], [role=group]")]
            .filter(one => !(one.getAttribute("aria-label") || one.getAttribute("aria-labelledby")
                || one.textContent.trim() || one.labels?.[0]?.textContent.trim()))
            .map(one => one.outerHTML.slice(0, 80))"""
    )
    assert nameless == []
    assert page.locator("#said").get_attribute("aria-live") == "polite"
    assert page.locator("html").get_attribute("lang") == "en"


def test_who_wants_no_motion_sees_none(browser: Browser, address: str) -> None:
    moving = {}
    for motion in ("no-preference", "reduce"):
        context = browser.new_context(reduced_motion=motion)
        page = context.new_page()
        page.goto(address)
        page.click("#record")
        expect(page.locator("#record.on")).to_be_visible()
        moving[motion] = page.evaluate("document.getAnimations().length") > 0
        context.close()
    assert moving == {"no-preference": True, "reduce": False}


def test_nothing_is_loaded_from_elsewhere_and_nothing_breaks_the_policy(
    browser: Browser, address: str, frog: Path
) -> None:
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(address)
    fill_with_everything(page, frog)
    context.close()
    assert len(asked) > 10
    assert [url for url in asked if not url.startswith((f"{address}/", f"blob:{address}/"))] == []
    assert said == []


def test_the_page_allows_itself_nothing_from_outside(service: TestClient) -> None:
    policy = service.get("/").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http" not in policy


def test_its_files_are_sent_again_only_if_they_changed(service: TestClient) -> None:
    first = service.get("/page/app.js")
    assert first.headers["content-type"].startswith("text/javascript")
    again = service.get("/page/app.js", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fapp.py", "__init__.py"])
def test_no_other_file_is_given_away(service: TestClient, name: str) -> None:
    assert service.get(f"/page/{name}").status_code == 404
