"""The page as a visitor uses it, in a real Chromium: it is given recordings, asked to play, and told what was wrong."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, expect

from tests.bundles import FRONT_END, TONES, encode, tone

PATIENCE_MS = 20_000


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """Of a visitor who was never here before, with a phone."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto(address)
    expect(page.locator("#model")).to_contain_text("3 species")
    yield page
    context.close()
    assert not broken


@pytest.fixture
def chorus(tmp_path: Path) -> Path:
    """Four seconds: antshrike, nothing, frog, and frog with howler monkey."""
    rate = FRONT_END.sample_rate
    time = np.arange(4 * rate) / rate
    samples = np.random.default_rng(0).normal(0, 0.01, len(time))
    for code, begin, end in (("antshr1", 0, 1), ("frogli1", 2, 4), ("howmon1", 3, 4)):
        samples += 0.3 * np.sin(2 * np.pi * TONES[code] * time) * ((time >= begin) & (time < end))
    path = tmp_path / "chorus.wav"
    path.write_bytes(encode(samples))
    return path


def give(page: Page, recording: Path) -> None:
    page.set_input_files("#file", recording)
    expect(page.locator("#answer")).to_be_visible()


def words_to(page: Page, click: Any) -> dict[str, Any]:
    """What the page tells the service of, when something is clicked."""
    with page.expect_response("**/v1/feedback") as answered:
        click()
    assert answered.value.status == 201, answered.value.text()
    said: dict[str, Any] = answered.value.request.post_data_json
    return said


def test_a_recording_is_answered_with_its_species_and_drawn_with_them(page: Page, chorus: Path) -> None:
    give(page, chorus)
    expect(page.locator("#species > li")).to_have_count(3)
    expect(page.locator("#said")).to_contain_text("Litter frog")
    windows = page.locator("#windows button")
    expect(windows).to_have_count(4)
    expect(windows.nth(0).locator(".call")).to_contain_text("Antshrike")
    expect(windows.nth(1).locator(".call")).to_have_count(0)
    expect(windows.nth(3).locator(".call")).to_have_count(2)


def test_the_picture_is_bright_where_a_species_calls(page: Page, tmp_path: Path) -> None:
    recording = tmp_path / "frog.wav"
    recording.write_bytes(tone("frogli1", 3.0))
    give(page, recording)
    light = page.evaluate(
        """async () => {
        const canvas = document.getElementById("canvas");
        for (;;) {
            const { data } = canvas.getContext("2d").getImageData(canvas.width / 2, 0, 1, canvas.height);
            const light = y => data[4 * y] + data[4 * y + 1] + data[4 * y + 2];
            const rows = Array.from({ length: canvas.height }, (_, y) => light(y));
            if (Math.max(...rows) > 0) return rows;
            await new Promise(requestAnimationFrame);
        }
    }"""
    )
    top, low, call = (np.log1p(hertz / 700) for hertz in (16_000, 100, TONES["frogli1"]))
    assert np.argmax(light) / len(light) == pytest.approx((top - call) / (top - low), abs=0.02)


def test_every_kind_is_drawn_and_answered(page: Page, tmp_path: Path) -> None:
    for kind, (code, name) in {
        "FLAC": ("howmon1", "Howler monkey"),
        "OGG": ("frogli1", "Litter frog"),
        "MP3": ("antshr1", "Antshrike"),
    }.items():
        recording = tmp_path / f"{name}.{kind.lower()}"
        recording.write_bytes(tone(code, 2.0, kind))
        page.set_input_files("#file", recording)
        expect(page.locator("#said")).to_contain_text(f"In {name}.{kind.lower()}: {name}")
        expect(page.locator("#windows .call")).to_have_count(2)
        expect(page.locator("#picture")).to_be_visible()


def test_what_is_no_recording_is_refused_in_words(page: Page, tmp_path: Path) -> None:
    text = tmp_path / "notes.wav"
    text.write_text("not a recording")
    page.set_input_files("#file", text)
    expect(page.locator("#said.alarm")).to_contain_text("WAV, FLAC, OGG, MP3, M4A and AAC are taken")
    expect(page.locator("#picture")).to_be_hidden()


def test_without_a_connection_it_says_so_and_goes_on_later(page: Page, chorus: Path) -> None:
    page.context.set_offline(True)
    page.set_input_files("#file", chorus)
    expect(page.locator("#said.alarm")).to_contain_text("You are offline")
    page.context.set_offline(False)
    give(page, chorus)


def test_any_window_is_played_and_only_that_window(page: Page, chorus: Path) -> None:
    give(page, chorus)
    page.locator("#windows button").nth(1).click()
    expect(page.locator("#window")).to_contain_text("0:01 to 0:02")
    stopped_at = page.evaluate(
        """() => new Promise(resolve => {
        const player = document.getElementById("player"), stops = () => resolve(player.currentTime);
        if (player.paused && player.currentTime > 1) stops();
        player.addEventListener("pause", stops);
    })"""
    )
    assert 2 <= stopped_at < 3


def test_a_word_says_who_about_what_and_is_thanked_for(page: Page, chorus: Path) -> None:
    give(page, chorus)
    page.fill("#who", "Ana")
    card = page.locator("#species > li", has_text="Antshrike")
    said = words_to(page, lambda: card.get_by_role("button", name="Antshrike: right").click())
    assert said.pop("request")
    assert said == {"species": "antshr1", "verdict": "right", "said_by": "Ana"}
    expect(card.locator(".thanks")).to_contain_text("Thank you: right")
    assert (
        words_to(page, lambda: card.get_by_role("button", name="Antshrike: wrong").click())["verdict"]
        == "wrong"
    )
    expect(card.locator("[aria-pressed=true]")).to_have_text("Wrong")


def test_a_word_may_be_about_one_window(page: Page, chorus: Path) -> None:
    give(page, chorus)
    page.fill("#who", "Ana")
    page.locator("#windows button").nth(3).click()
    wrong = page.locator("#window").get_by_role("button", name="Howler monkey: wrong")
    said = words_to(page, wrong.click)
    assert (said["species"], said["verdict"], said["start"], said["end"]) == ("howmon1", "wrong", 3, 4)


def test_what_it_really_was_is_found_by_a_part_of_its_name(page: Page, chorus: Path) -> None:
    give(page, chorus)
    page.fill("#who", "Ana")
    page.get_by_role("button", name="Antshrike: it was").click()
    page.fill("#search", "alouatta")
    expect(page.locator("#found li")).to_have_count(1)
    with page.expect_request(lambda asked: '"right"' in (asked.post_data or "")) as right:
        denied = words_to(page, lambda: page.keyboard.press("Enter"))
    # Two others were heard: to name a howler monkey alone would deny them.
    assert (denied["species"], denied["verdict"]) == ("antshr1", "wrong")
    assert right.value.post_data_json["species"] == "howmon1"
    expect(page.locator("#chooser")).to_be_hidden()


def test_where_one_species_was_heard_what_it_was_takes_its_place(page: Page, tmp_path: Path) -> None:
    (tmp_path / "frog.wav").write_bytes(tone("frogli1", 2.0))
    give(page, tmp_path / "frog.wav")
    page.fill("#who", "Ana")
    page.locator("#species").get_by_role("button", name="Litter frog: it was").click()
    said = words_to(page, page.locator("#found li", has_text="Antshrike").click)
    assert said.pop("request")
    assert said == {"species": "antshr1", "said_by": "Ana"}


def test_what_it_missed_can_be_named(page: Page, chorus: Path) -> None:
    give(page, chorus)
    page.fill("#who", "Ana")
    page.click("#missed")
    said = words_to(page, page.locator("#found li", has_text="Howler").click)
    assert (said["species"], said["verdict"]) == ("howmon1", "right")


def test_who_speaks_is_asked_once_and_remembered(page: Page, chorus: Path) -> None:
    give(page, chorus)
    page.get_by_role("button", name="Antshrike: right").click()
    expect(page.locator("#who")).to_be_focused()
    page.keyboard.type("Ana")
    words_to(page, page.get_by_role("button", name="Antshrike: right").click)
    page.reload()
    expect(page.locator("#who")).to_have_value("Ana")


def test_the_keyboard_is_enough(page: Page, chorus: Path) -> None:
    give(page, chorus)
    _tab_to(page, "#windows button")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#window")).to_contain_text("Litter frog")
    _tab_to(page, "#who")
    page.keyboard.type("Ana")
    page.keyboard.press("Tab")
    _tab_to(page, "#species .verdict button")
    said = words_to(page, lambda: page.keyboard.press("Space"))
    assert said["verdict"] == "right"


def test_the_microphone_is_heard_while_it_records_and_as_a_whole(page: Page) -> None:
    page.click("#record")
    expect(page.locator("#windows .call").first).to_contain_text("Litter frog")
    page.click("#record")
    expect(page.locator("#species")).to_contain_text("Litter frog")
    assert page.evaluate("document.getElementById('player').src").startswith("blob:")


def test_over_a_socket_it_streams_as_it_records(page: Page) -> None:
    """The stream's own tests ask the service; this holds the page's side of their contract."""
    got: list[str | bytes] = []
    species = [{"code": "frogli1", "common_name": "Litter frog", "confidence": 0.9}]

    def answer(socket: WebSocketRoute) -> None:
        def take(message: str | bytes) -> None:
            got.append(message)
            if len(got) == 4:
                socket.send(json.dumps({"window": 0, "start": 0.0, "end": 1.0, "species": species}))
            if message == '{"end":true}':
                summary = {
                    "species": [species[0] | {"scientific_name": "Craugastor", "class_name": "Amphibia"}]
                }
                socket.send(json.dumps({"summary": summary, "request": "heard-live"}))

        socket.on_message(take)

    page.route_web_socket(re.compile("/v1/stream$"), answer)
    page.click("#record")
    expect(page.locator("#windows .call")).to_contain_text("Litter frog")
    page.click("#record")
    expect(page.locator("#species > li")).to_contain_text("Craugastor · Amphibia")
    page.fill("#who", "Ana")
    begin = json.loads(got[0])
    assert (begin["format"], begin["channels"]) == ("pcm_s16le", 1)
    streamed = sum(len(message) for message in got if isinstance(message, bytes)) / 2 / begin["sample_rate"]
    recorded = page.evaluate("document.getElementById('player').duration")
    assert streamed == pytest.approx(recorded, abs=1e-3), "nothing is lost on the way"
    with page.expect_request("**/v1/feedback") as asked:
        page.locator("#species").get_by_role("button", name="Litter frog: right").click()
    assert asked.value.post_data_json["request"] == "heard-live"


def test_a_service_with_keys_is_given_one_for_as_long_as_the_tab_is_open(page: Page, chorus: Path) -> None:
    def guard(route: Route) -> None:
        if route.request.headers.get("authorization") == "Bearer sesame":
            route.continue_()
        else:
            route.fulfill(status=401, content_type="application/problem+json", body='{"detail": "No key."}')

    page.route("**/v1/identify*", guard)
    page.set_input_files("#file", chorus)
    page.fill("#key", "barley")
    page.keyboard.press("Enter")
    expect(page.locator("#keySaid")).to_contain_text("not known here")
    page.fill("#key", "sesame")
    page.keyboard.press("Enter")
    expect(page.locator("#species > li")).to_have_count(3)
    assert page.evaluate("[sessionStorage.length, JSON.stringify(localStorage).includes('sesame')]") == [
        1,
        False,
    ]


def test_a_tour_and_a_place_go_with_the_recording_only_if_given(page: Page, chorus: Path) -> None:
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 5.98765, "longitude": -74.5})
    with page.expect_request("**/v1/identify*") as asked:
        give(page, chorus)
    assert asked.value.url.endswith("/v1/identify?")
    page.click("summary")
    page.fill("#tour", "dawn 7")
    page.click("#place")
    expect(page.locator("#placed")).to_contain_text("5.99, -74.50")
    with page.expect_request("**/v1/identify*") as asked:
        give(page, chorus)
    assert asked.value.url.endswith("?tour=dawn-7&latitude=5.99&longitude=-74.50")


def _tab_to(page: Page, selector: str) -> None:
    for _ in range(40):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the tab key never comes to {selector}")
