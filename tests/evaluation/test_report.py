import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from silencio.errors import SilencioError
from silencio.evaluation.evaluate import EvaluationResult, evaluate
from silencio.evaluation.gates import Verdict
from silencio.evaluation.record import to_json
from silencio.evaluation.report import read_report, write_report
from silencio.evaluation.slices import SLICES
from silencio.evaluation.truth import Truth
from silencio.evaluation.worst import worst_mistakes
from silencio.handover import Kind, seal
from silencio.settings import Evaluation
from tests.evaluation.reserve import compose_scores, compose_truth

IDENTITY: dict[str, Any] = {"data_digest": "9f2c", "machine": {"cores": 2}, "date": "2024-05-01"}


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
    assert table.filter(metric="map")["slice"].to_list() == ["overall", *Evaluation().slices]
    assert table["difference"].to_numpy() == pytest.approx(
        (table["candidate"] - table["champion"]).to_numpy()
    )


def test_the_table_keeps_its_columns_without_a_champion(tmp_path: Path) -> None:
    write(tmp_path, compose_truth(), champion=False)
    table = pl.read_parquet(tmp_path / "slices.parquet")
    assert table.schema["champion_low"] == pl.Float64
    assert table["champion"].null_count() == len(table)


def test_the_page_says_the_verdict_first(page: str) -> None:
    text = re.sub(r"<[^>]+>", " ", page[page.index("<body") :])
    assert text.index("Promote: no") < text.index("Night, mAP not worse") < text.index("Every gate must pass")


def test_the_page_loads_nothing_from_elsewhere(page: str) -> None:
    assert not re.search(r"https?:|//[a-z]|\burl\(|@import|<script|<link|<img|<iframe|\bsrc=", page)


def test_the_page_is_well_formed_and_says_what_its_plots_show(page: str) -> None:
    class Reader(HTMLParser):
        open_tags: list[str] = []  # noqa: RUF012
        plots: list[str] = []  # noqa: RUF012

        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            given = dict(attributes)
            if given.get("role") == "img":
                self.plots.append(given.get("aria-label") or "")
            if tag not in {"meta", "br"}:
                self.open_tags.append(tag)

        def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            assert tag in {"line", "circle", "rect"}

        def handle_endtag(self, tag: str) -> None:
            assert self.open_tags.pop() == tag

    reader = Reader()
    reader.feed(page)
    assert reader.open_tags == []
    assert len(reader.plots) == 3
    assert all("0." in alt for alt in reader.plots)
    assert page.count('scope="col"') > 10


def test_the_page_suits_a_phone_and_the_dark(page: str) -> None:
    assert 'name="viewport"' in page
    assert "prefers-color-scheme: dark" in page


def test_names_cannot_smuggle_anything_into_the_page(tmp_path: Path) -> None:
    truth = compose_truth()
    attack = "<img src=x onerror=alert(1)>|`"
    facts = truth.facts.with_columns(recording=pl.lit(attack) + pl.col("recording"))
    hostile = Truth((attack, *truth.labels[1:]), truth.targets, facts)
    candidate = compose_scores(hostile)
    result = evaluate(hostile, candidate, Evaluation(), None, seed=1)

    write_report(tmp_path, result, hostile, candidate, {"commit": attack})

    assert "<img" not in (tmp_path / "report.html").read_text()
    assert "<img" not in (tmp_path / "report.md").read_text()


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


def test_equal_evaluations_have_equal_digests(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path / name, compose_truth())
    assert seal(tmp_path / "one", Kind.REPORT).digest == seal(tmp_path / "two", Kind.REPORT).digest


def test_the_worst_mistakes_come_first_and_no_species_takes_all_places() -> None:
    truth = compose_truth()
    scores = compose_scores(truth)
    silent = np.flatnonzero(~truth.targets.any(axis=1))
    scores[silent[:5], 2] = [0.991, 0.992, 0.993, 0.994, 0.995]

    false_alarms = [m for m in worst_mistakes(truth, scores) if m.kind == "false alarm"]

    assert [(m.window, m.label) for m in false_alarms[:2]] == [
        (silent[4], "species02"),
        (silent[3], "species02"),
    ]
    assert false_alarms[0].truth == ()
    assert sum(m.label == "species02" for m in false_alarms) == 2


def test_a_perfect_model_has_no_mistakes() -> None:
    truth = compose_truth()
    assert worst_mistakes(truth, truth.targets.astype(np.float32)) == ()
