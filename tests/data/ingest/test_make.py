"""Ingest: what is good becomes the catalog, what is not is put aside with its reason, and nothing leaks."""

import math
import os
import shutil
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from silencio.data.catalog import Catalog
from silencio.data.ingest.make import ingest, survey
from silencio.data.ingest.release import compose_reserve, release_folder
from silencio.errors import GateRefused, SilencioError, WrongUse
from silencio.handover import Handover
from silencio.progress import Progress
from silencio.settings import Data, Experiment, Split
from silencio.workspace import Workspace
from tests.data.conftest import RATE, Release, aac, sound
from tests.data.ingest.quarantine import quarantined


def test_every_good_recording_is_a_row(release: Release, workspace: Workspace) -> None:
    handover = ingest(release.experiment, workspace, None)

    recordings = Catalog.open(handover).recordings
    assert len(recordings) == len(release.clips) + 2
    assert recordings["primary_label"].drop_nulls().value_counts(sort=True)["count"].to_list() == [4, 4, 4]
    assert recordings.filter(pl.col("primary_label").is_null())["duration"].to_list() == [10.0, 10.0]
    assert recordings["duration"].min() == pytest.approx(1.0)
    assert recordings["digest"].str.len_chars().unique().to_list() == [64]
    assert recordings["sample_rate"].unique().to_list() == [RATE]
    assert {k: handover.facts[k] for k in ("recordings", "species", "release", "quarantined")} == {
        "recordings": 14,
        "species": 3,
        "release": 14,
        "quarantined": 0,
    }


def test_each_uri_leads_to_its_file(release: Release, workspace: Workspace) -> None:
    catalog = Catalog.open(ingest(release.experiment, workspace, None))

    assert all(catalog.path_of(uri).is_file() for uri in catalog.recordings["uri"])


SPOILED = {
    "missing": (b"", "the file is missing"),
    "text": (b"no sound at all\n" * 50, "The recording is not a recording that can be read"),
    "cut short": (sound(seconds=10.0)[:-900], "it ends before its header says that it does"),
    "without a header": (bytes(512) + sound()[512:], "The recording is not a recording that can be read"),
    "another kind": (sound(format="FLAC"), "its name says OGG, its content is FLAC"),
    "AAC": (aac(), "its name says OGG, its content is MP4"),
    "empty": (sound(seconds=0, format="WAV"), "The recording holds no sound"),
    "not a number": (
        sound(gain=math.nan, format="WAV", subtype="FLOAT"),
        "The recording holds values that are no sound",
    ),
}


@pytest.mark.parametrize(("recording", "reason"), SPOILED.values(), ids=SPOILED.keys())
def test_a_recording_that_cannot_be_used_is_put_aside_with_the_reason(
    release: Release, workspace: Workspace, recording: bytes, reason: str
) -> None:
    release.clip("bad", recording=recording)

    handover = ingest(release.experiment, workspace, None)

    (why,) = quarantined(handover).values()
    assert quarantined(handover).keys() == {"release/train_audio/barant/bad.ogg"}
    assert why.startswith(reason)
    assert (handover.facts["quarantined"], handover.facts["quarantined_because"]) == (1, {why: 1})
    assert handover.facts["recordings"] == 14


def test_a_file_of_no_bytes_is_put_aside(release: Release, workspace: Workspace) -> None:
    release.clip("bad")
    (release.root / "train_audio/barant/bad.ogg").write_bytes(b"")

    assert quarantined(ingest(release.experiment, workspace, None)) == {
        "release/train_audio/barant/bad.ogg": "the file is empty"
    }


@pytest.mark.parametrize(
    ("columns", "uri", "reason"),
    [
        ({"filename": None}, "release/?", "its row names no file"),
        ({"filename": "../../secret.ogg"}, "release/train_audio/../../secret.ogg", "its path leads out"),
        ({"filename": "barant/\0.ogg"}, "release/train_audio/barant/\0.ogg", "its path leads out"),
        ({"primary_label": None}, "release/train_audio/barant/XC99.ogg", "nobody says what calls in it"),
        ({"primary_label": "dodo"}, "release/train_audio/barant/XC99.ogg", "dodo is not in the taxonomy"),
        ({"filename": "barant/XC0.ogg"}, "release/train_audio/barant/XC0.ogg", "it is listed more than once"),
    ],
)
def test_a_row_that_cannot_be_used_is_put_aside_with_the_reason(
    release: Release, workspace: Workspace, columns: dict[str, str | None], uri: str, reason: str
) -> None:
    release.clip("XC99", **columns)

    found = quarantined(ingest(release.experiment, workspace, None))

    assert found.keys() == {uri}
    assert found[uri].startswith(reason)


def test_of_rows_that_contradict_each_other_none_is_believed(release: Release, workspace: Workspace) -> None:
    release.clip("XC99", "comfro", filename="barant/XC0.ogg")

    catalog = Catalog.open(ingest(release.experiment, workspace, None))

    reason = "it is listed more than once, with labels that contradict each other"
    assert catalog.quarantine.rows() == [("release/train_audio/barant/XC0.ogg", reason)] * 2
    assert len(catalog.recordings) == 13


def test_a_soundscape_with_a_call_without_a_time_is_put_aside(release: Release, workspace: Workspace) -> None:
    """Without the call, models would be judged on it as on silence."""
    path = release.root / "train_soundscapes_labels.csv"
    path.write_text(path.read_text().replace("B02_20240301_210000.ogg,2.0", "B02_20240301_210000.ogg,soon"))

    catalog = Catalog.open(ingest(release.experiment, workspace, None))

    assert catalog.quarantine.rows() == [
        (
            "release/train_soundscapes/B02_20240301_210000.ogg",
            "a call in it has no start, no end or no species",
        )
    ]
    assert catalog.annotations["label"].to_list() == ["barant", "crick1"]


@pytest.mark.parametrize(
    ("name", "recording"),
    [("XC99.WAV", sound(format="WAV")), ("XC99.Mp3", sound(format="MP3")), ("XC99.m4a", aac())],
)
def test_another_kind_under_its_own_name_in_whatever_case_is_as_good(
    release: Release, workspace: Workspace, name: str, recording: bytes
) -> None:
    release.clip("XC99", filename=f"barant/{name}")
    (release.root / "train_audio/barant" / name).write_bytes(recording)

    handover = ingest(release.experiment, workspace, None)

    assert (handover.facts["recordings"], handover.facts["quarantined"]) == (15, 0)


def test_a_secondary_label_that_nobody_knows_is_left_out(release: Release, workspace: Workspace) -> None:
    release.clip("XC99", secondary_labels="['dodo', 'comfro']")

    recordings = Catalog.open(ingest(release.experiment, workspace, None)).recordings

    row = recordings.row(by_predicate=pl.col("id").str.ends_with("XC99.ogg"), named=True)
    assert row["secondary_labels"] == ["comfro"]


def test_too_many_bad_recordings_are_an_error_that_names_some_and_counts_reasons(
    release: Release, workspace: Workspace
) -> None:
    for number in range(4):
        release.clip(f"bad{number}", recording=b"")

    with pytest.raises(SilencioError) as refused:
        ingest(release.experiment, workspace, None)

    assert "4 of 18 recordings cannot be used (4 × the file is missing)" in refused.value.problem
    assert "the first: release/train_audio/barant/bad0.ogg: the file is missing; " in refused.value.problem
    assert "More than 20% (data.quarantine_share)" in refused.value.remedy


def test_how_many_may_be_bad_is_a_setting(release: Release, workspace: Workspace) -> None:
    for number in range(4):
        release.clip(f"bad{number}", recording=b"")
    data = Data(source="birdclef2025", path=release.root, quarantine_share=0.25)

    handover = ingest(release.experiment.model_copy(update={"data": data}), workspace, None)

    assert handover.facts["quarantined"] == 4


def test_a_data_set_without_recordings_is_refused(release: Release, workspace: Workspace) -> None:
    (release.root / "train_soundscapes_labels.csv").unlink()
    header = (release.root / "train.csv").read_text().splitlines()[0]
    (release.root / "train.csv").write_text(header + "\n")

    with pytest.raises(WrongUse, match="lists no recordings"):
        ingest(release.experiment, workspace, None)


def test_a_labelled_soundscape_that_is_missing_is_put_aside(release: Release, workspace: Workspace) -> None:
    (release.root / "train_soundscapes/B02_20240301_210000.ogg").unlink()

    assert quarantined(ingest(release.experiment, workspace, None)) == {
        "release/train_soundscapes/B02_20240301_210000.ogg": "the file is missing"
    }


def test_calls_of_a_recording_that_was_put_aside_go_with_it(release: Release, workspace: Workspace) -> None:
    (release.root / "train_soundscapes/A01_20240301_050000.ogg").write_bytes(b"nothing")

    catalog = Catalog.open(ingest(release.experiment, workspace, None))

    assert catalog.annotations["label"].to_list() == ["comfro"]


def test_no_group_is_in_two_parts_and_sites_are_only_judged_on(
    release: Release, workspace: Workspace
) -> None:
    recordings = Catalog.open(ingest(release.experiment, workspace, None)).recordings

    parts = recordings.group_by("group").agg(pl.col("part").unique())
    assert parts["part"].list.len().to_list() == [1] * len(parts)
    assert set(recordings["part"]) == {"train", "validation", "thresholds", "test"}
    assert set(recordings.filter(pl.col("group").str.starts_with("site:"))["part"]) == {"thresholds", "test"}


def test_ingesting_again_gives_the_same_handover(release: Release, workspace: Workspace) -> None:
    assert ingest(release.experiment, workspace, None) == ingest(release.experiment, workspace, None)


def test_the_order_of_the_rows_means_nothing(release: Release, tmp_path: Path) -> None:
    before = ingest(release.experiment, Workspace(tmp_path / "before"), None)
    release.clips.reverse()
    release.calls.reverse()
    release.write()

    assert ingest(release.experiment, Workspace(tmp_path / "after"), None).digest == before.digest


def test_the_digest_depends_neither_on_the_workspace_nor_on_where_the_data_lie(
    release: Release, tmp_path: Path
) -> None:
    here = ingest(release.experiment, Workspace(tmp_path / "here"), None)
    moved = Release(release.root.rename(tmp_path / "moved"))
    there = ingest(moved.experiment, Workspace(tmp_path / "there"), None)

    assert here.digest == there.digest
    assert Catalog.open(there).path_of("release/train.csv") == tmp_path / "moved/train.csv"


def test_a_workspace_that_was_copied_reads_its_own_recordings(
    tiny: Experiment, tiny_catalog: Handover, tiny_workspace: Workspace, tmp_path: Path
) -> None:
    copy = Workspace(shutil.copytree(tiny_workspace.root, tmp_path / "copy"))

    copied = ingest(tiny, copy, None)

    catalog = Catalog.open(copied)
    assert copied.digest == tiny_catalog.digest
    assert all(catalog.path_of(uri).is_relative_to(copy.root) for uri in catalog.recordings["uri"])


def test_another_release_is_another_catalog(release: Release, workspace: Workspace) -> None:
    before = ingest(release.experiment, workspace, None)
    surveyed = survey(release.experiment, workspace, None)

    release.clip("XC99")

    assert survey(release.experiment, workspace, None) != surveyed
    assert ingest(release.experiment, workspace, None).digest != before.digest


def test_a_file_that_changed_in_place_is_noticed_though_its_size_and_date_are_the_same(
    release: Release, workspace: Workspace
) -> None:
    path = release.root / "train_audio/barant/XC0.ogg"
    path.write_bytes(sound(seed=1, format="WAV"))
    before = survey(release.experiment, workspace, None)
    stat = path.stat()

    path.write_bytes(sound(seed=2, format="WAV"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    assert path.stat().st_size == stat.st_size
    assert survey(release.experiment, workspace, None) != before


def test_one_new_recording_is_the_only_one_that_is_opened(release: Release, workspace: Workspace) -> None:
    ingest(release.experiment, workspace, None)
    release.clip("XC99")
    told: list[Progress] = []

    ingest(release.experiment, workspace, None, told.append)

    assert [p for p in told if p.what == "recordings inspected"] == [Progress(15, 15, "recordings inspected")]


def test_what_lacks_a_time_is_counted_by_collection(release: Release, workspace: Workspace) -> None:
    release.conditions({"barant/XC0.ogg": ("2024-03-01T05:30:00", 12.5)})
    release.clip("iNat7", collection="iNat")

    facts = ingest(release.experiment, workspace, None).facts

    assert (facts["undated"], facts["undated_by_collection"]) == (12, {"XC": 11, "iNat": 1})


def test_a_reserve_that_was_composed_is_found(
    tiny: Experiment, tiny_catalog: Handover, tiny_workspace: Workspace
) -> None:
    told: list[Progress] = []

    found = compose_reserve(tiny.data.reserve, tiny_workspace / "raw", told.append)

    assert not told
    assert tiny_catalog.facts["roots"] == {"release": str(found)}


def test_delivered_data_are_read_where_they_lie(release: Release, workspace: Workspace) -> None:
    assert release_folder(release.experiment.data, workspace) == release.root.resolve()


def test_the_reserve_has_every_species_to_learn_and_sites_to_judge_on(tiny_catalog: Handover) -> None:
    catalog = Catalog.open(tiny_catalog)

    kinds = Counter(
        (row["group"].partition(":")[0], row["part"]) for row in catalog.recordings.iter_rows(named=True)
    )
    assert kinds["site", "thresholds"] == 2
    assert kinds["site", "test"] == 2
    assert kinds["recordist", "train"] > 0
    assert set(catalog.annotations["label"]) <= {s.code for s in catalog.species}


def test_recordings_that_sound_the_same_are_a_table_of_the_catalog(
    release: Release, workspace: Workspace
) -> None:
    for name, gain in (("XC98", 0.1), ("XC99", 0.05)):
        release.clip(name, recording=sound(5.0, seed=99, gain=gain))

    catalog = Catalog.open(ingest(release.experiment, workspace, None))

    assert catalog.duplicates.select("recording", "other").rows() == [
        ("release/train_audio/barant/XC98.ogg", "release/train_audio/barant/XC99.ogg")
    ]


def test_a_split_that_leaks_is_refused_where_the_settings_say_so(
    release: Release, workspace: Workspace
) -> None:
    for name, gain in (("XC98", 0.1), ("XC99", 0.05)):
        release.clip(name, recording=sound(5.0, seed=99, gain=gain))
    split = Split(method="leave_one_out", held_out="author of XC98", near_duplicates="refuse")
    data = Data(source="birdclef2025", path=release.root, split=split)

    with pytest.raises(GateRefused, match=r"XC98\.ogg sounds like .*XC99\.ogg"):
        ingest(release.experiment.model_copy(update={"data": data}), workspace, None)
