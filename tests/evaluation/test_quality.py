"""Data that cannot judge are told before any model is heard."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from silencio.data.catalog import DUPLICATES, QUARANTINE, Catalog
from silencio.data.windows.store import Windows, build_windows
from silencio.evaluation.gates import GateResult, Verdict
from silencio.evaluation.quality import quality
from silencio.settings.judging import Quality
from silencio.workspace import Workspace
from tests.data.recorded import FRONT_END, Recorded
from tests.training.eras import altered

NOTHING = Quality(leaks=None, quarantined=None)
DAY = datetime(2025, 3, 1, 6)


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    """Two recordings that are trained on and two that judge."""
    recorded = Recorded(tmp_path)
    for number, part in enumerate(("train", "train", "test", "test")):
        recorded.add(f"r{number}", 1, part=part, recorded_at=DAY + timedelta(days=number))
    return recorded


def opened(recorded: Recorded, workspace: Workspace) -> tuple[Catalog, Windows]:
    sealed = recorded.catalog()
    return Catalog.open(sealed), Windows.open(build_windows(sealed, FRONT_END, workspace))


def only(gates: tuple[GateResult, ...]) -> GateResult:
    (gate,) = gates
    return gate


def bar(**of: Any) -> Quality:
    return NOTHING.model_copy(update=of)


def changed(catalog: Catalog, **tables: pl.DataFrame) -> Catalog:
    return Catalog(**(vars(catalog) | tables))


def test_a_sound_split_passes(recorded: Recorded, workspace: Workspace) -> None:
    gates = quality(*opened(recorded, workspace), Quality())

    assert [(g.name, g.slice, g.verdict) for g in gates] == [
        ("leaks", "data", Verdict.PASS),
        ("quarantined", "data", Verdict.PASS),
    ]


def test_a_file_that_is_also_trained_on_leaks(recorded: Recorded, workspace: Workspace) -> None:
    recorded.add("again", 1, seed=0, part="test")

    gate = only(quality(*opened(recorded, workspace), bar(leaks=0)))

    assert (gate.verdict, gate.value) == (Verdict.FAIL, 1)
    assert "1 of the 3 recordings that judge can be known from training: release/again.wav." in gate.reason


def test_what_sounds_like_something_trained_on_leaks(recorded: Recorded, workspace: Workspace) -> None:
    catalog, windows = opened(recorded, workspace)
    pairs = [("release/r0.wav", "release/r2.wav", 0.9), ("release/r2.wav", "release/r3.wav", 0.9)]
    alike = changed(catalog, duplicates=pl.DataFrame(pairs, DUPLICATES, orient="row"))

    gate = only(quality(alike, windows, bar(leaks=0)))

    assert (gate.verdict, gate.value) == (Verdict.FAIL, 1), "r2 and r3 both judge, so they may be alike"


def test_a_group_that_is_trained_on_and_judges_leaks_with_all_of_its_recordings(
    recorded: Recorded, workspace: Workspace
) -> None:
    catalog, windows = opened(recorded, workspace)
    one = changed(catalog, recordings=catalog.recordings.with_columns(group=pl.lit("recordist:Ana")))

    assert only(quality(one, windows, bar(leaks=0))).value == 2
    assert only(quality(one, windows, bar(leaks=2))).verdict is Verdict.PASS


def test_training_windows_that_are_judged_on_leak(recorded: Recorded, workspace: Workspace) -> None:
    """The store says who is heard when, whatever the catalog once dealt."""
    recorded.add("long", 2, part="train")
    catalog, windows = opened(recorded, workspace)
    second = (pl.col("recording") == "release/long.wav") & (pl.col("start") > 0)
    planted = altered(windows, {"part": pl.when(second).then(pl.lit("test")).otherwise("part")})

    gate = only(quality(catalog, planted, bar(leaks=0)))

    assert (gate.verdict, gate.value) == (Verdict.FAIL, 1)


def test_where_nothing_judges_there_is_nothing_to_leak(recorded: Recorded, workspace: Workspace) -> None:
    catalog, windows = opened(recorded, workspace)
    nobody = altered(windows, {"part": pl.lit("train")})

    gates = quality(catalog, nobody, bar(leaks=0, judged_species=0.5))

    assert [gate.verdict for gate in gates] == [Verdict.INCONCLUSIVE] * 2


@pytest.mark.parametrize(("unusable", "verdict"), [(1, "pass"), (2, "fail")])
def test_too_many_recordings_may_not_be_left_out(
    recorded: Recorded, workspace: Workspace, unusable: int, verdict: str
) -> None:
    catalog, windows = opened(recorded, workspace)
    rows = [(f"release/broken{number}.ogg", "it is empty") for number in range(unusable)]
    broken = changed(catalog, quarantine=pl.DataFrame(rows, QUARANTINE, orient="row"))

    gate = only(quality(broken, windows, bar(quarantined=0.2)))

    assert (gate.verdict, gate.value) == (verdict, unusable / (4 + unusable))


@pytest.mark.parametrize(("share", "verdict"), [(0.6, "pass"), (0.7, "fail")])
def test_enough_species_must_call_where_it_is_judged(
    recorded: Recorded, workspace: Workspace, share: float, verdict: str
) -> None:
    recorded.add("frog", 1, part="test", secondary_labels=["comfro"])
    recorded.add("cricket", 1, part="train", primary_label="crick1")

    gate = only(quality(*opened(recorded, workspace), bar(judged_species=share)))

    assert (gate.verdict, gate.value) == (verdict, pytest.approx(2 / 3))


@pytest.mark.parametrize(("days", "verdict"), [(2.0, "pass"), (1.9, "fail")])
def test_freshness_is_how_far_training_is_behind_the_newest_recording(
    recorded: Recorded, workspace: Workspace, days: float, verdict: str
) -> None:
    gate = only(quality(*opened(recorded, workspace), bar(newest_days=days)))

    assert (gate.verdict, gate.value) == (verdict, 2)


def test_undated_recordings_leave_freshness_open(recorded: Recorded, workspace: Workspace) -> None:
    for row in recorded.rows.values():
        row["recorded_at"] = None

    gate = only(quality(*opened(recorded, workspace), bar(newest_days=30)))

    assert gate.verdict is Verdict.INCONCLUSIVE
