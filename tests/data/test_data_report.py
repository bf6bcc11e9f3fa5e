"""The data report: shows what there is, says what is missing, and asks nobody else for anything."""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from silencio.data.catalog import ANNOTATIONS, QUARANTINE, RECORDINGS, Catalog
from silencio.data.report import data_report
from silencio.data.report.choose import MANY
from silencio.data.species import Species
from silencio.errors import SilencioError
from silencio.handover import Handover, Kind, seal
from silencio.settings import Experiment
from silencio.workspace import Workspace
from tests.data.reported import BIRD, FROG, FRONT_END, RATE, catalog_of, page_of, recording, tone
from tests.real import REAL

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
HOSTILE = "<script>hacked = true</script>\"'&"
VOID = {"meta", "img", "br", "input", "link"}


class Reader(HTMLParser):
    """Every tag with its attributes; fails on one that closes what is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    assert not reader.open
    return reader


@pytest.fixture
def rich(tmp_path: Path) -> Catalog:
    """Everything that a data set can tell."""
    rows = [
        recording(
            f"{label}/{number}.wav",
            label,
            secondary_labels=["frog" if label == "bird" else "bird"] if number % 3 == 0 else [],
            recordist=f"R{number % 4}",
            group=f"recordist:R{number % 4}",
            part=("train", "train", "validation", "test")[number % 4],
            fold=number % 4 + 1,
            recorded_at=datetime(2022, 3, 1, 5) + timedelta(days=40 * number, hours=number),
            latitude=6.7 + number / 1000,
            longitude=-74.2 + number / 1000,
            snr_db=5.0 + number,
            overlap=number / 20,
            night=label == "frog",
            colour_db=number % 4 - 2.0,
            dialect=number / 10,
            quality=number % 5 + 0.5,
            collection="XC",
            licence="CC BY 4.0",
        )
        for label in ("bird", "frog")
        for number in range(12)
    ]
    rows.append(recording("S01.wav", None, labelled="timed", part="test", group="recordist:S01"))
    return catalog_of(
        tmp_path / "release",
        rows,
        (BIRD, FROG),
        annotations=[("release/S01.wav", 0.1, 0.9, "bird", 9.0), ("release/S01.wav", 0.5, 1.2, "frog", 4.0)],
        quarantine=[
            ("release/dead.wav", "dead.wav holds no sound"),
            ("release/gone.wav", "the file is missing"),
        ],
        duplicates=[("release/bird/0.wav", "release/bird/3.wav", 0.97)],
    )


def handed_over(catalog: Catalog, folder: Path) -> Handover:
    folder.mkdir()
    catalog.write(folder)
    return seal(folder, Kind.CATALOG, {"roots": dict(catalog.roots), "left_out_because": {}})


def test_the_page_is_well_formed_and_loads_nothing(rich: Catalog) -> None:
    page = page_of(rich)
    tags = read(page).tags
    identities = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(set(identities)) == len(identities)
    for tag, attributes in tags:
        assert tag not in {"link", "iframe", "object"}
        for name in ("src", "href"):
            address = attributes.get(name) or "data:"
            assert address.startswith("data:") or address.removeprefix("#") in identities
    assert "http:" not in page
    assert "https:" not in page


def test_only_the_page_s_own_script_may_run(rich: Catalog) -> None:
    page = page_of(rich)
    policy = next(a["content"] for tag, a in read(page).tags if "http-equiv" in a)
    assert policy is not None
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")


def test_everything_that_is_told_is_shown(rich: Catalog) -> None:
    page = page_of(rich, left_out={"more than one species": 31})
    for words in (
        "25 recordings of 2 species, by 4 recordists and recorders, made from Mar 2022 to May 2023.",
        "Wrenlet", "U. silens", "Amphibia",
        "CC BY 4.0", "XC", "8.0 kHz",
        "Call over background", "Dialect", "fold 4",
        "dead.wav holds no sound", "release/gone.wav", "2 recordings of 27 (7 %) cannot be used.",
        "31 rows of the data set that the experiment does not ask for", "more than one species",
        "1 pair of species.", "Tree frog",
    ):  # fmt: skip
        assert words in page, words


def test_equal_catalogs_give_equal_pages(rich: Catalog) -> None:
    assert page_of(rich) == page_of(rich)


def test_what_sounds_the_same_in_two_parts_is_called_a_leak(rich: Catalog) -> None:
    page = page_of(rich)
    assert "It leaks." in page
    assert "1 pair of recordings that sound the same" in page
    assert "train / test" in page


def test_without_a_leak_the_page_says_so(tmp_path: Path) -> None:
    page = page_of(catalog_of(tmp_path, [recording("a.wav")], (BIRD,)))
    assert "No leak found." in page
    assert "Nothing is quarantined." in page


def test_a_column_that_no_data_set_filled_is_named(tmp_path: Path) -> None:
    page = page_of(catalog_of(tmp_path, [recording("a.wav"), recording("b.wav")], (BIRD, FROG)))
    read(page)
    for what in ("a time", "a position", "a rating", "a licence", "a collection"):
        assert f"No recording came with {what}." in page
    assert "In the list, but in no recording: Tree frog." in page


def test_a_column_that_is_filled_in_part_says_how_far(tmp_path: Path) -> None:
    rows = [recording("a.wav", quality=4.0), recording("b.wav"), recording("c.wav"), recording("d.wav")]
    assert "3 of 4 recordings (75 %) came without a rating." in page_of(catalog_of(tmp_path, rows, (BIRD,)))


def test_a_catalog_without_recordings_is_a_page_too(tmp_path: Path) -> None:
    page = page_of(catalog_of(tmp_path, [], (BIRD,)))
    read(page)
    assert "No recording can be used." in page


def test_hostile_names_are_only_text(tmp_path: Path) -> None:
    species = (Species("bird", HOSTILE, HOSTILE, HOSTILE), Species(HOSTILE, "", "", ""))
    named = {"recordist": HOSTILE, "group": HOSTILE, "licence": HOSTILE, "collection": HOSTILE}
    rows = [
        recording("a.wav", secondary_labels=[HOSTILE], latitude=1.0, longitude=1.0, **named),
        recording("' onerror='x.wav", HOSTILE, recorded_at=datetime(2024, 1, 1, 5), **named),
    ]
    alike = [("release/a.wav", "release/' onerror='x.wav", 0.9)]
    catalog = catalog_of(tmp_path, rows, species, quarantine=[(HOSTILE, HOSTILE)], duplicates=alike)
    page = page_of(catalog, HOSTILE, {HOSTILE: 3})
    tags = read(page).tags
    assert [tag for tag, _ in tags].count("script") == 1
    assert not [a for _, a in tags if any(name.startswith("on") for name in a)]
    assert "<script>hacked" not in page


def test_recorders_that_nobody_labelled_are_shown_by_day_and_hour(tmp_path: Path) -> None:
    start = datetime(2024, 5, 1)
    rows = [
        recording(
            f"{number:02d}.wav", None, recorded_at=start + timedelta(hours=1.5 * number), recordist="S4"
        )
        for number in range(48)
    ]
    page = page_of(catalog_of(tmp_path, rows, ()))
    read(page)
    for words in ("of which nobody said who calls", "Days and hours", "03 May 2024", "A day in one picture"):
        assert words in page
    assert "Nothing here is trained or judged on" in page


def test_dates_without_an_hour_are_not_taken_for_midnight(tmp_path: Path) -> None:
    rows = [
        recording("a.wav", recorded_at=datetime(2024, 5, 1)),
        recording("b.wav", recorded_at=datetime(2023, 1, 7)),
    ]
    page = page_of(catalog_of(tmp_path, rows, (BIRD,)))
    assert "without the hour" in page
    assert "Months and years" in page


def test_every_species_is_seen_however_many_there_are(tmp_path: Path) -> None:
    codes = [f"bird{number:03d}" for number in range(MANY + 12)]
    rows = [recording("same.wav", code, id=f"release/{code}") for code in codes]
    species = tuple(Species(code, code.title(), f"A. {code}", "Aves") for code in codes)
    page = page_of(catalog_of(tmp_path, rows, species))
    cards = [a for tag, a in read(page).tags if tag == "article"]
    assert len(cards) == len(codes)
    assert "more species · Aves</summary>" in page
    # What hundreds of species take must stay what a browser opens at once.
    assert len(page) < 12_000 * len(codes) + 200_000


def test_a_recording_that_went_away_is_an_error_that_says_what_to_do(rich: Catalog) -> None:
    rich.path_of("release/bird/4.wav").unlink()
    for number in range(12):
        rich.path_of(f"release/bird/{number}.wav").unlink(missing_ok=True)
    with pytest.raises(
        SilencioError, match=r"wav is in the catalog, and is not there any more\. Put it back"
    ):
        page_of(rich)


def test_the_page_is_made_again_only_for_another_catalog_or_front_end(
    rich: Catalog, tmp_path: Path, workspace: Workspace
) -> None:
    catalog = handed_over(rich, tmp_path / "catalog")
    experiment = Experiment(name="mine", audio=FRONT_END)
    path = data_report(catalog, experiment, workspace)
    made = path.stat().st_mtime_ns
    assert path.is_relative_to(workspace.root / "reports")
    assert data_report(catalog, experiment, workspace) == path
    assert path.stat().st_mtime_ns == made
    finer = experiment.model_copy(update={"audio": FRONT_END.model_copy(update={"n_mels": 32})})
    assert data_report(catalog, finer, workspace) != path


def test_the_command_prints_where_the_page_lies(tmp_path: Path) -> None:
    for name in ("dog/1.wav", "dog/2.wav", "rain/1.wav", "rain/2.wav", "rain/3.wav", "dog/3.wav"):
        tone(tmp_path / "sounds" / name, 300 + 97 * len(list(tmp_path.rglob("*.wav"))))
    (tmp_path / "mine.yaml").write_text(
        f"name: mine\ndata: {{source: folders, path: {tmp_path / 'sounds'}}}\n"
        f"audio: {{sample_rate: {RATE}, n_fft: 256, hop_length: 160, n_mels: 24, fmax: 4000, "
        "window_seconds: 1, hop_seconds: 1}\n"
    )
    command = [sys.executable, "-m", "silencio", "data", "report", "mine.yaml", "-w", "workspace"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    page = Path(done.stdout.splitlines()[-1])
    assert "6 recordings of 2 labels" in page.read_text("utf-8")


@pytest.mark.skipif(not (REAL / "esc10").is_dir(), reason=f"needs ESC-10 in {REAL / 'esc10'}")
def test_real_recordings_are_shown(tmp_path: Path) -> None:
    files = sorted((REAL / "esc10").rglob("*.ogg"))[::50]
    rows = [recording(path.relative_to(REAL / "esc10").as_posix(), "dog", duration=5.0) for path in files]
    catalog = Catalog(
        pl.DataFrame(rows, schema=RECORDINGS),
        ANNOTATIONS.to_frame(),
        (Species("dog", "Dog", "", ""),),
        QUARANTINE.to_frame(),
        {"release": str(REAL / "esc10")},
    )
    assert page_of(catalog).count("data:audio/mpeg") == 4


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser.new_page(viewport={"width": 390, "height": 844})
        browser.close()


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium (apt-get install chromium)")
def test_in_a_browser_the_page_asks_nobody_and_fits_sorts_finds_and_plays(
    browser_page: Page, tmp_path: Path
) -> None:
    codes = [f"bird{number:02d}" for number in range(24)]
    rows = [
        recording(f"{code}-{k}.wav", code, id=f"release/{code}-{k}", latitude=1.0 + k, longitude=2.0 * k)
        for number, code in enumerate(codes)
        for k in range(1 + number % 3)
    ]
    species = tuple(Species(code, f"{code.title()} {HOSTILE}", f"A. {code}", "Aves") for code in codes)
    (tmp_path / "report.html").write_text(page_of(catalog_of(tmp_path, rows, species)), encoding="utf-8")
    page, asked, said = browser_page, list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))

    page.goto((tmp_path / "report.html").as_uri())
    page.wait_for_load_state("networkidle")

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("typeof hacked") == "undefined"
    rows_shown = "[...document.querySelectorAll('.sortable tbody tr')].filter(row => !row.hidden)"
    assert page.evaluate(f"{rows_shown}.length") < len(codes)
    page.fill("#find", "bird17")
    assert page.evaluate(f"{rows_shown}.map(row => row.cells[0].querySelector('small em').textContent)") == [
        "A. bird17"
    ]
    page.fill("#find", "")
    page.click("#all")
    assert page.evaluate(f"{rows_shown}.length") == len(codes)
    page.get_by_role("button", name="Species", exact=True).click()
    names = page.evaluate(f"{rows_shown}.map(row => row.cells[0].textContent)")
    assert names == sorted(names)
    page.locator(".sortable tbody a").last.click()
    expect(page.locator("details[open] .sampled:target")).to_be_visible()
    page.locator(".sampled:target .play").first.click()
    # The head runs with the sound, and stays where it ended.
    expect(page.locator(".sampled:target .head").first).not_to_have_css("left", "0px", timeout=10_000)
    assert not said
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
