"""Ingest of what guides corrected: rows to train on, which never touch what models are judged on."""

import polars as pl
import pytest

from silencio.data.catalog import Catalog
from silencio.data.feedback import FeedbackStore
from silencio.data.ingest.make import ingest, survey
from silencio.workspace import Workspace
from tests.data.conftest import TAXONOMY, Release, sound
from tests.data.ingest.quarantine import quarantined

UPLOAD = sound(seed=99, format="WAV")


@pytest.fixture
def feedback(workspace: Workspace) -> FeedbackStore:
    return FeedbackStore(workspace / "raw/feedback")


def correct(feedback: FeedbackStore, request: str, recording: bytes, *words: tuple[str, str]) -> None:
    """`words`: (guide, species)"""
    feedback.hear(request, recording, ".wav", model="0")
    for guide, species in words:
        assert feedback.correct(request, species, guide)


def test_a_correction_becomes_a_row_to_train_on(
    release: Release, workspace: Workspace, feedback: FeedbackStore
) -> None:
    without = ingest(release.experiment, workspace, feedback)
    correct(feedback, "r1", UPLOAD, ("Rosa", "comfro"))

    handover = ingest(release.experiment, workspace, feedback)

    (row,) = Catalog.open(handover).recordings.filter(pl.col("origin") == "feedback").to_dicts()
    assert (row["primary_label"], row["part"], row["group"]) == ("comfro", "train", "feedback:Rosa")
    assert Catalog.open(handover).path_of(row["uri"]).read_bytes() == UPLOAD
    assert handover.digest != without.digest
    assert handover.facts["feedback"] == 1


def test_corrections_change_nothing_for_what_was_released(
    release: Release, workspace: Workspace, feedback: FeedbackStore
) -> None:
    before = Catalog.open(ingest(release.experiment, workspace, feedback)).recordings
    for number in range(20):
        correct(feedback, f"r{number}", sound(seed=100 + number, format="WAV"), (f"guide {number}", "comfro"))

    after = Catalog.open(ingest(release.experiment, workspace, feedback)).recordings

    assert after.filter(pl.col("origin") == "release").equals(before)


def test_the_same_correction_twice_is_one_row_of_the_same_catalog(
    release: Release, workspace: Workspace, feedback: FeedbackStore
) -> None:
    correct(feedback, "r1", UPLOAD, ("Rosa", "comfro"))
    once = ingest(release.experiment, workspace, feedback)

    correct(feedback, "r2", UPLOAD, ("Rosa", "comfro"), ("Rosa", "comfro"))

    assert ingest(release.experiment, workspace, feedback) == once


@pytest.mark.parametrize("species", [*TAXONOMY])
def test_where_guides_contradict_each_other_the_last_word_is_one_row(
    release: Release, workspace: Workspace, feedback: FeedbackStore, species: str
) -> None:
    correct(feedback, "r1", UPLOAD, ("Rosa", "comfro"), ("Juan", "barant"), ("Ana", species))

    recordings = Catalog.open(ingest(release.experiment, workspace, feedback)).recordings

    rows = recordings.filter(pl.col("origin") == "feedback")
    assert rows["primary_label"].to_list() == [species]
    assert rows["group"].to_list() == ["feedback:Ana"]


def test_changing_one_s_word_back_changes_the_catalog_back(
    release: Release, workspace: Workspace, feedback: FeedbackStore
) -> None:
    correct(feedback, "r1", UPLOAD, ("Rosa", "comfro"))
    first = ingest(release.experiment, workspace, feedback)
    feedback.correct("r1", "barant", "Rosa")
    second = ingest(release.experiment, workspace, feedback)
    feedback.correct("r1", "comfro", "Rosa")

    assert second.digest != first.digest
    assert ingest(release.experiment, workspace, feedback) == first


def test_a_correction_whose_audio_is_gone_is_put_aside(
    release: Release, workspace: Workspace, feedback: FeedbackStore
) -> None:
    correct(feedback, "r1", UPLOAD, ("Rosa", "comfro"))
    (audio,) = (feedback.folder / "audio").iterdir()
    audio.unlink()

    assert quarantined(ingest(release.experiment, workspace, feedback)) == {
        f"feedback/audio/{audio.name}": "the file is missing"
    }


def test_the_survey_sees_what_ingest_would_see(
    release: Release, workspace: Workspace, feedback: FeedbackStore
) -> None:
    before = survey(release.experiment, workspace, feedback)
    feedback.hear("r1", UPLOAD, ".wav", model="0")
    heard = survey(release.experiment, workspace, feedback)
    feedback.correct("r1", "comfro", "Rosa")

    assert heard == before, "audio that nobody said anything about is nothing to learn from"
    assert survey(release.experiment, workspace, feedback) != before


@pytest.mark.parametrize(
    ("gain", "reason"),
    [
        (0.1, "it is release/train_audio/barant/XC99.wav, which was released"),
        (0.05, "it sounds the same as release/train_audio/barant/XC99.wav, which was released"),
    ],
)
def test_feedback_on_a_released_recording_is_never_trained_on(
    release: Release, workspace: Workspace, feedback: FeedbackStore, gain: float, reason: str
) -> None:
    """It may be one that models are judged on; nor is it where it was only made softer."""
    release.clip("XC99", filename="barant/XC99.wav")
    (release.root / "train_audio/barant/XC99.wav").write_bytes(sound(5.0, seed=99, gain=0.1, format="WAV"))
    correct(feedback, "r1", sound(5.0, seed=99, gain=gain, format="WAV"), ("Rosa", "comfro"))

    assert list(quarantined(ingest(release.experiment, workspace, feedback)).values()) == [reason]
