"""What was gained on the new and lost on the old."""

import json
import logging
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from silencio.data.windows.store import Windows
from silencio.evaluation.contestant import Contestant
from silencio.evaluation.eras import (
    JSON,
    PLOT,
    TABLE,
    compare_eras,
    facts_of,
    judged_in_eras,
    lines,
    report_eras,
)
from silencio.evaluation.judged import Judged
from silencio.evaluation.truth import Scores
from silencio.handover import Handover
from silencio.training.checkpoint import Checkpoint
from silencio.training.run import train
from silencio.workspace import Workspace
from tests.training.eras import NEWER, altered, small, store_of_eras
from tests.training.untracked import untracked


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> Windows:
    return store_of_eras(tmp_path_factory.mktemp("eras") / "windows")


def right(tested: Judged) -> Scores:
    scores: Scores = tested.truth.targets.astype(np.float32)
    return scores


def guessed(tested: Judged) -> Scores:
    return np.random.default_rng(1).random(tested.truth.targets.shape, np.float32)


def guesser(windows: Windows) -> Contestant:
    random = np.random.default_rng(1)
    return Contestant("d" * 64, windows, lambda heard: random.random((len(heard), 3), np.float32))


def test_better_on_the_new_is_a_gain_and_as_good_on_the_old_no_loss(windows: Windows) -> None:
    tested, strong = judged_in_eras(windows)
    new = windows.index.select(NEWER)[tested.rows].to_series().to_numpy()
    after = right(tested)
    before = np.where(new[:, None], 1 - after, after)

    facts = facts_of(compare_eras(windows, tested, after, before, 100, 1))

    assert strong
    assert facts["after_new"] == facts["after_old"] == facts["before_old"] == 1
    assert facts["gain_new"] == pytest.approx(1 - (facts["before_new"] or 1))
    assert (facts["gain_new_low"] or 0) > 0, "paired, over recordings"
    assert (facts["loss_old"], facts["loss_old_low"], facts["loss_old_high"]) == (0, 0, 0)


def test_worse_on_the_old_is_a_loss(windows: Windows) -> None:
    tested, _ = judged_in_eras(windows)

    facts = facts_of(compare_eras(windows, tested, guessed(tested), right(tested), 100, 1))

    assert (facts["loss_old"] or 0) > 0
    assert (facts["gain_new"] or 0) < 0


def test_each_species_has_its_figures_in_each_era(windows: Windows) -> None:
    tested, _ = judged_in_eras(windows)

    older, newer = compare_eras(windows, tested, right(tested), guessed(tested), 10, 1)

    assert [c.label for c in older.classes] == [c.label for c in newer.classes] == ["bird", "cricket", "frog"]
    assert [c.average_precision for c in newer.classes[1:]] == [1, 1]
    assert [c.windows for c in newer.classes] == [0, 4, 2], "no bird calls in what is newer"
    assert older.figure.recordings == 8, "with those that nobody dated"
    assert newer.figure.recordings == 4


def test_like_is_judged_with_like(tmp_path: Path) -> None:
    """Where only the new is labelled in time, clips judge both."""
    part = pl.when(pl.col("recording").is_in(["test1", "test2"])).then(pl.lit(True)).otherwise(False)
    windows = altered(store_of_eras(tmp_path / "windows"), {"strong": part & NEWER})

    tested, strong = judged_in_eras(windows)

    assert not strong
    assert "test2" not in set(tested.truth.facts["recording"])
    assert len(tested.rows) == 22


def test_an_era_that_nothing_judges_has_no_figures_and_the_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    windows = altered(store_of_eras(tmp_path / "windows"), {"era": pl.lit("older")})
    with caplog.at_level(logging.WARNING, "silencio"):
        tested, _ = judged_in_eras(windows)

    facts = facts_of(compare_eras(windows, tested, right(tested), guessed(tested), 10, 1))

    assert "nothing judges the newer era" in caplog.text
    assert facts["gain_new"] is facts["after_new"] is None
    assert facts["loss_old"] is not None


@pytest.fixture(scope="module")
def report(windows: Windows) -> Handover:
    workspace = Workspace(windows.handover.folder.parent / "workspace")
    checkpoint = Checkpoint(train(small(), windows, workspace, untracked))
    return report_eras(small(), windows, checkpoint, workspace, guesser(windows))


def test_the_report_is_a_sealed_table_json_and_a_picture(report: Handover) -> None:
    assert set(report.verify().files) == {JSON, TABLE, PLOT}
    content = json.loads((report / JSON).read_text())
    assert [era["figure"]["slice"] for era in content["eras"]] == ["older", "newer"]
    assert pl.read_parquet(report / TABLE).columns == ["era", "species", "windows", "before", "after"]
    assert (report / PLOT).read_bytes().startswith(b"\x89PNG")
    assert report.facts["gain_new"] == pytest.approx(report.facts["after_new"] - report.facts["before_new"])


def test_its_table_says_both_eras_with_their_intervals(report: Handover) -> None:
    told = lines(report)
    assert [line[0] for line in told] == ["older", "newer"]
    assert all(" to " in line[4] for line in told)
    assert [line[5] for line in told] == ["8", "4"]


def test_equal_models_give_an_equal_report(report: Handover, windows: Windows, tmp_path: Path) -> None:
    workspace = Workspace(windows.handover.folder.parent / "workspace")
    checkpoint = Checkpoint(train(small(), windows, workspace, untracked))
    again = report_eras(small(), windows, checkpoint, Workspace(tmp_path), guesser(windows))
    assert again.digest == report.digest
