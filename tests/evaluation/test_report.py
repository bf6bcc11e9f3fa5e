import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Page, sync_playwright

from silencio.errors import SilencioError
from silencio.evaluation.evaluate import EvaluationResult, evaluate
from silencio.evaluation.gates import Verdict
from silencio.evaluation.record import to_json
from silencio.evaluation.report import read_report, write_report
from silencio.evaluation.searched import Search
from silencio.evaluation.slices import SLICES
from silencio.evaluation.sounds import sounds_of
from silencio.evaluation.truth import Truth
from silencio.handover import Kind, seal
from silencio.settings import Evaluation
from tests.data.reported import BIRD, FROG, FRONT_END, catalog_of, recording
from tests.evaluation.reported import IDENTITY, SEARCH, compose_everything, compose_result, whistled
from tests.evaluation.reserve import compose_scores, compose_truth

CHROMIUM = shutil.which("chromium")
HOSTILE = "<img src=x onerror=alert(1)>|`[x](https://example.org)"
SECTIONS = [
    "Gates",
    "Slices",
    "Harder conditions",
    "Behaviour",
    "Species",
    "Thresholds",
    "Confusion",
    "Calibration",
    "Worst mistakes",
    "Search",
    "What was judged",
]


def write(
    folder: Path, truth: Truth, *, champion: bool = True, worse_at_night: bool = True
) -> EvaluationResult:
    night = SLICES["night"].members(truth)
    before = compose_scores(truth)
    candidate = compose_scores(truth, worse_in=night if worse_at_night else None)
    result = evaluate(truth, candidate, Evaluation(), before if champion else None, seed=1)
    write_report(folder, result, truth, candidate, IDENTITY)
    return result


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a report in which nothing is missing."""
    folder = tmp_path_factory.mktemp("everything")
    truth, candidate, result = compose_everything()
    sounds = whistled(tmp_path_factory.mktemp("sounds"))
    write_report(folder, result, truth, candidate, IDENTITY, sounds=sounds, search=SEARCH)
    return folder


@pytest.fixture(scope="module")
def whole(everything: Path) -> str:
    return (everything / "report.html").read_text()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report")
    write(path, compose_truth())
    return path


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    return (folder / "report.html").read_text()


def test_the_folder_holds_every_form_of_the_report(folder: Path) -> None:
    assert {p.name for p in folder.iterdir()} == {"report.json", "slices.parquet", "report.html", "report.md"}


def test_the_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    truth = compose_truth(windows=12)  # so few that some figures do not exist
    result = write(tmp_path, truth)

    report = read_report(tmp_path)

    assert to_json(report) == (tmp_path / "report.json").read_text()
    assert report.identity == IDENTITY
    assert report.result.decision is result.decision
    assert [g.verdict for g in report.result.gates] == [g.verdict for g in result.gates]
    assert report.result.not_applied == result.not_applied


def test_a_record_without_gaps_is_equal(tmp_path: Path) -> None:
    result = write(tmp_path, compose_truth())
    assert read_report(tmp_path).result == result


def test_the_record_is_strict_json_where_nothing_was_measured(tmp_path: Path) -> None:
    truth = compose_truth()
    unknown = replace(truth, facts=truth.facts.with_columns(recorded_at=pl.lit(None, pl.Datetime("us"))))
    write(tmp_path, unknown)

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    content = json.loads((tmp_path / "report.json").read_text(), parse_constant=refuse)
    night = next(f for f in content["figures"] if f["slice"] == "night")
    assert content["version"] == 2
    assert night["candidate"] == {"value": None, "low": None, "high": None}


def test_another_version_of_the_record_is_refused(folder: Path, tmp_path: Path) -> None:
    content = json.loads((folder / "report.json").read_text()) | {"version": 99}
    (tmp_path / "report.json").write_text(json.dumps(content))
    with pytest.raises(SilencioError, match="layout version 99"):
        read_report(tmp_path)


def test_a_folder_without_a_record_is_named(tmp_path: Path) -> None:
    with pytest.raises(SilencioError, match=re.escape(str(tmp_path))):
        read_report(tmp_path)


def test_the_slices_are_a_table(folder: Path) -> None:
    table = pl.read_parquet(folder / "slices.parquet")
    assert table.filter(metric="map", gated=True)["slice"].to_list() == ["overall", *Evaluation().slices]
    assert table["difference"].to_numpy() == pytest.approx(
        (table["candidate"] - table["champion"]).to_numpy()
    )


def test_the_table_keeps_its_columns_without_a_champion(tmp_path: Path) -> None:
    write(tmp_path, compose_truth(), champion=False)
    table = pl.read_parquet(tmp_path / "slices.parquet")
    assert table.schema["champion_low"] == pl.Float64
    assert table["champion"].null_count() == len(table)


class Reader(HTMLParser):
    """Fails on a tag that closes what is not open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "img"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def words(page: str) -> str:
    return re.sub(r"<[^>]+>", " ", page[page.index("<body") :])


def test_the_page_says_the_verdict_first(page: str) -> None:
    text = words(page)
    assert text.index("Promote: no") < text.index("Night, mAP not worse") < text.index("Every gate must pass")


def test_the_page_loads_nothing_from_elsewhere(whole: str) -> None:
    reader = Reader(whole)
    addresses = [value for _, given in reader.tags for key, value in given.items() if key in ("src", "href")]
    assert len(addresses) > 20
    assert all(str(address).startswith(("data:image/png", "data:audio/mpeg", "#")) for address in addresses)
    assert not re.search(r"\burl\(|@import|<link|<iframe|https?:", whole)


def test_the_page_is_well_formed_and_says_what_its_plots_and_pictures_show(whole: str) -> None:
    reader = Reader(whole)
    drawn = [given.get("aria-label") for _, given in reader.tags if given.get("role") == "img"]
    assert len(drawn) > 12
    assert all(drawn)
    assert all(given.get("alt") for given in reader.all("img"))
    assert whole.count('scope="col"') > 10
    headings = [int(tag[1]) for tag, _ in reader.tags if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))


def test_the_page_suits_a_phone_the_dark_and_whoever_wants_no_motion(page: str) -> None:
    assert 'name="viewport"' in page
    assert "prefers-color-scheme: dark" in page
    assert "prefers-reduced-motion: reduce" in page


def test_every_section_is_there_and_the_contents_lead_to_it(whole: str) -> None:
    contents = re.findall(r'<li><a href="#([^"]+)">([^<]+)</a>', whole)
    assert [title for _, title in contents] == SECTIONS
    assert all(f'<section id="{anchor}"' in whole for anchor, _ in contents)


def test_what_was_not_measured_has_no_section(page: str) -> None:
    titles = re.findall(r'<li><a href="#[^"]+">([^<]+)</a>', page)
    assert titles == [
        "Gates",
        "Slices",
        "Species",
        "Confusion",
        "Calibration",
        "Worst mistakes",
        "What was judged",
    ]


def test_each_part_says_what_a_reader_wants_to_know(whole: str) -> None:
    text = " ".join(words(whole).split())
    for said in (
        "Two calls at once",
        "where it may lie",
        "Thresholds were set on recordings that were used for nothing else.",
        "Most often mistaken",
        "0.042",  # the calibration error
        "inc_static: 2.1 × faster than fp32",
        "The service has no torch.",
        "Looked at besides: no gate rests on these",
        "By month",
    ):
        assert said in text, said


def test_mistakes_can_be_seen_and_heard(whole: str, page: str) -> None:
    assert whole.count('<article class="sample">') == whole.count("<audio ") == 16
    assert "<audio " not in page
    assert "The most confident false alarms and misses." in page


def test_behaviour_is_told_apart_by_its_bar(whole: str) -> None:
    rows = re.findall(r"<li><div class=\"asked\"><b>([^<]+)</b>.*?</li>", whole)
    pills = [
        re.search('class="pill ([a-z]+)"', row)
        for row in re.findall(r"<li><div class=\"asked\">.*?</li>", whole)
    ]
    said = {name: pill and pill[1] for name, pill in zip(rows, pills, strict=True)}
    assert said == {
        "Same answer, louder or softer": "pass",
        "Silent in mere noise": "fail",
        "Species reported": "inconclusive",
        "False alarms per hour": None,
    }


@pytest.mark.parametrize(("classes", "cells"), [(4, True), (206, False)])
def test_confusion_is_cells_while_they_can_be_read_and_then_a_picture(
    tmp_path: Path, classes: int, cells: bool
) -> None:
    truth, candidate, result = compose_everything(windows=240, classes=classes)
    write_report(tmp_path, result, truth, candidate, IDENTITY)
    page = (tmp_path / "report.html").read_text()
    assert ('class="wide company taken"' in page) == cells
    assert ('class="matrix"' in page) != cells
    assert "Most often mistaken" in page


def test_a_page_of_many_species_stays_small_and_folds_what_is_long(tmp_path: Path) -> None:
    truth, candidate, result = compose_everything(windows=600, classes=206)
    write_report(tmp_path, result, truth, candidate, IDENTITY, sounds=whistled(tmp_path), search=SEARCH)
    page = (tmp_path / "report.html").read_text()
    assert len(page) < 3_000_000
    assert page.count(" more species</summary>") == 2


@pytest.fixture
def browser_page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser.new_page(viewport={"width": 390, "height": 844})
        browser.close()


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium (apt-get install chromium)")
def test_in_a_browser_on_a_phone_it_fits_asks_nobody_and_plays(browser_page: Page, everything: Path) -> None:
    asked, said = list[str](), list[str]()
    browser_page.on("request", lambda request: asked.append(request.url))
    browser_page.on("console", lambda message: said.append(message.text))
    browser_page.on("pageerror", lambda error: said.append(str(error)))

    browser_page.goto((everything / "report.html").as_uri())
    browser_page.locator(".play").first.click()

    assert browser_page.evaluate("document.documentElement.scrollWidth") <= 390
    assert browser_page.locator(".sample.playing").count() == 1
    assert not said
    assert all(url.startswith(("file:", "data:")) for url in asked)


def test_names_cannot_smuggle_anything_into_the_page(tmp_path: Path) -> None:
    truth = compose_truth()
    facts = truth.facts.with_columns(recording=pl.lit(HOSTILE) + pl.col("recording"))
    hostile = Truth((HOSTILE, *truth.labels[1:]), truth.targets, facts)
    candidate = compose_scores(hostile)
    made = compose_result(hostile, candidate, compose_scores(hostile, skill=3.0))
    result = replace(
        made,
        curves=tuple(replace(curve, title=HOSTILE, unit=HOSTILE) for curve in made.curves),
        behaviour=tuple(replace(one, title=HOSTILE, about=HOSTILE) for one in made.behaviour),
        gates=tuple(replace(gate, name=HOSTILE, slice=HOSTILE, reason=HOSTILE) for gate in made.gates),
        not_applied=tuple(replace(rule, name=HOSTILE, reason=HOSTILE) for rule in made.not_applied),
        figures=tuple(
            replace(f, slice=f"site {HOSTILE}") if f.slice[:4] == "site" else f for f in made.figures
        ),
    )
    tried = tuple(replace(one, variant=HOSTILE, runs_on=HOSTILE, reason=HOSTILE) for one in SEARCH.tried)
    search = Search(tried, HOSTILE, HOSTILE)

    write_report(
        tmp_path,
        result,
        hostile,
        candidate,
        {"commit": HOSTILE, HOSTILE: "1"},
        sounds=whistled(tmp_path),
        search=search,
    )

    page, summary = (tmp_path / "report.html").read_text(), (tmp_path / "report.md").read_text()
    assert "onerror" not in {key for _, given in Reader(page).tags for key in given}
    assert page.count("&lt;img src=x") > 20
    assert "<img" not in summary
    assert not re.search(r"(?<!\\)\]\(https", re.sub("`[^`]*`", "", summary))


def test_the_summary_says_in_short_what_the_page_says(everything: Path) -> None:
    summary = (everything / "report.md").read_text()
    assert "**Silent in mere noise**: 0.22, where at most 0.1 is asked." in summary
    assert "**Hardest**: Wind, −10 dB (dB of the window over the noise), mAP 0.362, −0.438." in summary
    assert "of windows without a species are taken for it" in summary
    assert "**Search**: inc\\_static: 2.1 × faster than fp32" in summary
    assert "Same answer" not in summary


def test_the_summary_names_the_verdict_the_gates_and_the_slices(folder: Path) -> None:
    summary = (folder / "report.md").read_text()
    assert summary.startswith("## Promote: no\n")
    assert "| ✗ fail | mAP not worse | Night |" in summary
    assert "| Insects | " in summary
    assert "- machine cores: `2`" in summary


def test_a_first_model_is_told_that_nothing_was_compared(tmp_path: Path) -> None:
    result = write(tmp_path, compose_truth(), champion=False)
    assert result.decision is Verdict.PASS
    for name in ("report.html", "report.md"):
        text = (tmp_path / name).read_text()
        assert "Promote: yes" in text
        assert "There is no champion to compare with yet." in text


def test_a_windows_sound_begins_where_the_window_does(tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path, [recording("one.wav"), recording("two.wav", "frog")], (BIRD, FROG))

    sounds = sounds_of(catalog, FRONT_END)

    first, later = sounds("release/two.wav", 0.0), sounds("release/two.wav", 0.5)
    assert [(seen.start, seen.seconds) for seen in (first, later)] == [(0.0, 1.0), (0.5, 1.0)]
    # A tone, of its own height in each recording: 500 Hz in the first, 750 Hz in the second.
    lower = sounds("release/one.wav", 0.0)
    assert lower.picture.mean(axis=1).argmax() > first.picture.mean(axis=1).argmax()


def test_the_worst_mistakes_of_a_report_are_cut_from_the_catalogs_files(tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path / "sounds", [recording("one.wav")], (BIRD,))
    made = compose_truth(windows=30)
    truth = replace(made, facts=made.facts.with_columns(recording=pl.lit("release/one.wav"), start=0.25))
    candidate = compose_scores(truth)
    result = evaluate(truth, candidate, Evaluation(), None, seed=1)

    write_report(tmp_path, result, truth, candidate, IDENTITY, sounds=sounds_of(catalog, FRONT_END))

    page = (tmp_path / "report.html").read_text()
    assert page.count("<audio ") == len(read_report(tmp_path).mistakes) > 0
    assert "1.0 s of one.wav from 0.2 s on" in page


def test_equal_evaluations_have_equal_digests(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path / name, compose_truth())
    assert seal(tmp_path / "one", Kind.REPORT).digest == seal(tmp_path / "two", Kind.REPORT).digest
