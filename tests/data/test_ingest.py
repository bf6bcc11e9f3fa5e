"""Ingest: what is good becomes the catalog, what is not is put aside with its reason, and nothing leaks."""

import math
import shutil
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from silencio.data.catalog import Catalog
from silencio.data.feedback import FeedbackStore
from silencio.data.ingest import compose_reserve, ingest, refuse_released, release_folder, survey
from silencio.errors import SilencioError
from silencio.handover import Handover
from silencio.settings import Experiment
from silencio.workspace import Workspace
from tests.data.conftest import TAXONOMY, Release, sound

UPLOAD = sound(seed=99, format="WAV")


@pytest.fixture
def home(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def feedback(home: Workspace) -> FeedbackStore:
    return FeedbackStore(home / "raw/feedback")


def correct(feedback: FeedbackStore, request: str, recording: bytes, *words: tuple[str, str]) -> None:
    """`words`: (guide, species)"""
    feedback.hear(request, recording, ".wav", model="0")
    for guide, species in words:
        assert feedback.correct(request, species, guide)


def quarantined(handover: Handover) -> dict[str, str]:
    return dict(Catalog.open(handover).quarantine.iter_rows())


def test_every_good_recording_is_a_row(release: Release, home: Workspace) -> None:
    handover = ingest(release.experiment, home, None)

    recordings = Catalog.open(handover).recordings
    assert len(recordings) == len(release.clips) + 2
    assert recordings["primary_label"].drop_nulls().value_counts(sort=True)["count"].to_list() == [4, 4, 4]
    assert recordings.filter(pl.col("primary_label").is_null())["duration"].to_list() == [10.0, 10.0]
    assert recordings["duration"].min() == pytest.approx(1.0)
    assert recordings["digest"].str.len_chars().unique().to_list() == [64]
    assert {k: handover.facts[k] for k in ("recordings", "species", "release", "quarantined")} == {
        "recordings": 14,
        "species": 3,
        "release": 14,
        "quarantined": 0,
    }


def test_each_uri_leads_to_its_file(release: Release, home: Workspace) -> None:
    catalog = Catalog.open(ingest(release.experiment, home, None))

    assert all(catalog.path_of(uri).is_file() for uri in catalog.recordings["uri"])


SPOILED = {
    "missing": (b"", "the file is missing"),
    "text": (b"no sound at all\n" * 50, "bad.ogg is not a recording that can be read"),
    "cut short": (sound(format="FLAC")[:6000], "bad.ogg is not a recording that can be read"),
    "empty": (sound(seconds=0, format="WAV"), "bad.ogg holds no sound"),
    "not a number": (
        sound(gain=math.nan, format="WAV", subtype="FLOAT"),
        "bad.ogg holds values that are no sound",
    ),
}


@pytest.mark.parametrize(("recording", "reason"), SPOILED.values(), ids=SPOILED.keys())
def test_a_recording_that_cannot_be_used_is_put_aside_with_the_reason(
    release: Release, home: Workspace, recording: bytes, reason: str
) -> None:
    release.clip("bad", recording=recording)

    handover = ingest(release.experiment, home, None)

    (why,) = quarantined(handover).values()
    assert quarantined(handover).keys() == {"release/train_audio/barant/bad.ogg"}
    assert why.startswith(reason)
    assert handover.facts["quarantined"] == 1
    assert handover.facts["recordings"] == 14


def test_a_recording_of_a_species_that_nobody_knows_is_put_aside(release: Release, home: Workspace) -> None:
    release.clip("XC99", "dodo")

    assert quarantined(ingest(release.experiment, home, None)) == {
        "release/train_audio/dodo/XC99.ogg": "dodo is not in the taxonomy"
    }


def test_a_secondary_label_that_nobody_knows_is_left_out(release: Release, home: Workspace) -> None:
    release.clip("XC99", secondary_labels="['dodo', 'comfro']")

    recordings = Catalog.open(ingest(release.experiment, home, None)).recordings

    row = recordings.row(by_predicate=pl.col("id").str.ends_with("XC99.ogg"), named=True)
    assert row["secondary_labels"] == ["comfro"]


def test_too_many_bad_recordings_are_an_error_that_names_one(release: Release, home: Workspace) -> None:
    for number in range(4):
        release.clip(f"bad{number}", recording=b"")

    with pytest.raises(
        SilencioError, match=r"4 of 18 recordings .* release/.*/bad0\.ogg: the file is missing"
    ):
        ingest(release.experiment, home, None)


def test_calls_of_a_recording_that_was_put_aside_go_with_it(release: Release, home: Workspace) -> None:
    (release.root / "train_soundscapes/A01_20240301_050000.ogg").write_bytes(b"nothing")

    catalog = Catalog.open(ingest(release.experiment, home, None))

    assert catalog.annotations["label"].to_list() == ["comfro"]


def test_no_group_is_in_two_parts_and_sites_are_only_judged_on(release: Release, home: Workspace) -> None:
    recordings = Catalog.open(ingest(release.experiment, home, None)).recordings

    parts = recordings.group_by("group").agg(pl.col("part").unique())
    assert parts["part"].list.len().to_list() == [1] * len(parts)
    assert set(recordings["part"]) == {"train", "validation", "test"}
    assert set(recordings.filter(pl.col("group").str.starts_with("site:"))["part"]) == {"validation", "test"}


def test_ingesting_again_gives_the_same_handover(release: Release, home: Workspace) -> None:
    assert ingest(release.experiment, home, None) == ingest(release.experiment, home, None)


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


def test_another_release_is_another_catalog(release: Release, home: Workspace) -> None:
    before = ingest(release.experiment, home, None)
    surveyed = survey(release.experiment, None)

    release.clip("XC99")

    assert survey(release.experiment, None) != surveyed
    assert ingest(release.experiment, home, None).digest != before.digest


def test_a_correction_becomes_a_row_to_train_on(
    release: Release, home: Workspace, feedback: FeedbackStore
) -> None:
    without = ingest(release.experiment, home, feedback)
    correct(feedback, "r1", UPLOAD, ("Rosa", "comfro"))

    handover = ingest(release.experiment, home, feedback)

    (row,) = Catalog.open(handover).recordings.filter(pl.col("origin") == "feedback").to_dicts()
    assert (row["primary_label"], row["part"], row["group"]) == ("comfro", "train", "feedback:Rosa")
    assert Catalog.open(handover).path_of(row["uri"]).read_bytes() == UPLOAD
    assert handover.digest != without.digest
    assert handover.facts["feedback"] == 1


def test_corrections_change_nothing_for_what_was_released(
    release: Release, home: Workspace, feedback: FeedbackStore
) -> None:
    before = Catalog.open(ingest(release.experiment, home, feedback)).recordings
    for number in range(20):
        correct(feedback, f"r{number}", sound(seed=100 + number, format="WAV"), (f"guide {number}", "comfro"))

    after = Catalog.open(ingest(release.experiment, home, feedback)).recordings

    assert after.filter(pl.col("origin") == "release").equals(before)


def test_the_same_correction_twice_is_one_row_of_the_same_catalog(
    release: Release, home: Workspace, feedback: FeedbackStore
) -> None:
    correct(feedback, "r1", UPLOAD, ("Rosa", "comfro"))
    once = ingest(release.experiment, home, feedback)

    correct(feedback, "r2", UPLOAD, ("Rosa", "comfro"), ("Rosa", "comfro"))

    assert ingest(release.experiment, home, feedback) == once


@pytest.mark.parametrize("species", [*TAXONOMY])
def test_where_guides_contradict_each_other_the_last_word_is_one_row(
    release: Release, home: Workspace, feedback: FeedbackStore, species: str
) -> None:
    correct(feedback, "r1", UPLOAD, ("Rosa", "comfro"), ("Juan", "barant"), ("Ana", species))

    recordings = Catalog.open(ingest(release.experiment, home, feedback)).recordings

    rows = recordings.filter(pl.col("origin") == "feedback")
    assert rows["primary_label"].to_list() == [species]
    assert rows["group"].to_list() == ["feedback:Ana"]


def test_changing_one_s_word_back_changes_the_catalog_back(
    release: Release, home: Workspace, feedback: FeedbackStore
) -> None:
    correct(feedback, "r1", UPLOAD, ("Rosa", "comfro"))
    first = ingest(release.experiment, home, feedback)
    feedback.correct("r1", "barant", "Rosa")
    second = ingest(release.experiment, home, feedback)
    feedback.correct("r1", "comfro", "Rosa")

    assert second.digest != first.digest
    assert ingest(release.experiment, home, feedback) == first


def test_a_correction_whose_audio_is_gone_is_put_aside(
    release: Release, home: Workspace, feedback: FeedbackStore
) -> None:
    correct(feedback, "r1", UPLOAD, ("Rosa", "comfro"))
    (audio,) = (feedback.folder / "audio").iterdir()
    audio.unlink()

    assert quarantined(ingest(release.experiment, home, feedback)) == {
        f"feedback/audio/{audio.name}": "the file is missing"
    }


def test_the_survey_sees_what_ingest_would_see(release: Release, feedback: FeedbackStore) -> None:
    before = survey(release.experiment, feedback)
    feedback.hear("r1", UPLOAD, ".wav", model="0")
    heard = survey(release.experiment, feedback)
    feedback.correct("r1", "comfro", "Rosa")

    assert heard == before, "audio that nobody said anything about is nothing to learn from"
    assert survey(release.experiment, feedback) != before


def test_a_reserve_that_was_composed_is_found(
    tiny: Experiment, tiny_catalog: Handover, tiny_workspace: Workspace
) -> None:
    def composed(done: int, of: int) -> None:
        raise AssertionError("it is there already")

    found = compose_reserve(tiny.data.reserve, tiny_workspace / "raw", composed)

    assert tiny_catalog.facts["roots"] == {"release": str(found)}


def test_delivered_data_are_read_where_they_lie(release: Release, home: Workspace) -> None:
    assert release_folder(release.experiment.data, home) == release.root.resolve()


def test_the_reserve_has_every_species_to_learn_and_sites_to_judge_on(tiny_catalog: Handover) -> None:
    catalog = Catalog.open(tiny_catalog)

    kinds = Counter(
        (row["group"].partition(":")[0], row["part"]) for row in catalog.recordings.iter_rows(named=True)
    )
    assert kinds["site", "validation"] == kinds["site", "test"] == 2
    assert kinds["recordist", "train"] > 0
    assert set(catalog.annotations["label"]) <= {s.code for s in catalog.species}


def test_feedback_on_a_released_recording_is_never_trained_on() -> None:
    """It may be one that models are judged on."""
    released = {"uri": "release/a.ogg", "digest": "1", "origin": "release"}
    same = {"uri": "feedback/1.ogg", "digest": "1", "origin": "feedback"}
    new = {"uri": "feedback/2.ogg", "digest": "2", "origin": "feedback"}
    bad = {"uri": "release/b.ogg", "reason": "the file is missing"}

    kept = refuse_released([released, same, new, bad])

    refused = {"uri": "feedback/1.ogg", "reason": "it is release/a.ogg, which was released"}
    assert kept == [released, refused, new, bad]
