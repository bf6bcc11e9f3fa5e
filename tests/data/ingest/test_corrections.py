"""Ingest of what people said: rows to train on, which never touch what models are judged on."""

from pathlib import Path

import polars as pl
import pytest

from silencio.data.catalog import Catalog
from silencio.data.feedback import FeedbackStore, Verdict
from silencio.data.ingest.make import ingest, survey
from silencio.data.windows.store import Windows, build_windows
from silencio.handover import Handover
from silencio.settings import Experiment, Keeping, Trust
from silencio.training.lesson import Lesson
from silencio.training.targets import IGNORED
from silencio.workspace import Workspace
from tests.data.conftest import FRONT_END, TAXONOMY, Release, sound
from tests.data.feedback.stores import bucket, say, send
from tests.data.ingest.quarantine import quarantined

UPLOAD = sound(seed=99, format="WAV")


@pytest.fixture
def feedback(workspace: Workspace) -> FeedbackStore:
    return FeedbackStore(workspace / "raw/feedback")


def correct(feedback: FeedbackStore, request: str, recording: bytes, *words: tuple[str, str]) -> str:
    """`words`: (guide, species)"""
    name = send(feedback, request, recording, species=(("barant", 0.9), ("crick1", 0.6)))
    for guide, species in words:
        say(feedback, request, guide, species)
    return name


def sent(handover: Handover) -> list[dict[str, object]]:
    """The rows that were not released."""
    return Catalog.open(handover).recordings.filter(pl.col("origin") != "release").to_dicts()


def believing(experiment: Experiment, **trust: object) -> Experiment:
    data = experiment.data.model_copy(update={"trust": Trust(**trust)})
    return experiment.model_copy(update={"data": data})


def test_a_correction_becomes_a_row_to_train_on(
    release: Release, workspace: Workspace, feedback: FeedbackStore
) -> None:
    without = ingest(release.experiment, workspace, feedback)
    correct(feedback, "r1", UPLOAD, ("Rosa", "comfro"))

    handover = ingest(release.experiment, workspace, feedback)

    (row,) = sent(handover)
    assert (row["primary_label"], row["part"], row["group"]) == ("comfro", "train", "feedback:Rosa")
    assert (row["origin"], row["weight"]) == ("feedback", pytest.approx(0.8))
    assert Catalog.open(handover).path_of(str(row["uri"])).read_bytes() == UPLOAD
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
    assert set(before["weight"]) == {1.0}


def test_the_same_correction_twice_is_one_row_of_the_same_catalog(
    release: Release, workspace: Workspace, feedback: FeedbackStore
) -> None:
    correct(feedback, "r1", UPLOAD, ("Rosa", "comfro"))
    once = ingest(release.experiment, workspace, feedback)

    correct(feedback, "r2", UPLOAD, ("Rosa", "comfro"), ("Rosa", "comfro"))

    assert ingest(release.experiment, workspace, feedback) == once


def test_what_guides_agree_on_weighs_more(
    release: Release, workspace: Workspace, feedback: FeedbackStore
) -> None:
    correct(feedback, "r1", UPLOAD, ("Rosa", "comfro"), ("Juan", "comfro"))

    (row,) = sent(ingest(release.experiment, workspace, feedback))

    assert row["weight"] == pytest.approx(0.64 / 0.68)


def test_guides_who_contradict_each_other_evenly_are_kept_out_by_name(
    release: Release, workspace: Workspace, feedback: FeedbackStore
) -> None:
    name = correct(feedback, "r1", UPLOAD, ("Rosa", "comfro"), ("Juan", "barant"))

    handover = ingest(release.experiment, workspace, feedback)

    assert sent(handover) == []
    assert quarantined(handover) == {
        f"feedback/audio/{name}": "guides contradict each other: Juan says barant, Rosa says comfro"
    }
    assert handover.facts["disputed"] == 1


@pytest.mark.parametrize("species", [*TAXONOMY])
def test_the_majority_is_believed_whoever_speaks_last(
    release: Release, workspace: Workspace, feedback: FeedbackStore, species: str
) -> None:
    others = [code for code in TAXONOMY if code != species]
    correct(feedback, "r1", UPLOAD, ("Rosa", species), ("Ana", species), ("Juan", others[0]))

    handover = ingest(release.experiment, workspace, feedback)

    (row,) = sent(handover)
    assert (row["primary_label"], row["group"]) == (species, "feedback:Ana")
    assert others[0] in row["absent"]  # type: ignore[operator]
    assert handover.facts["disputed"] == 1


def test_changing_one_s_word_back_changes_the_catalog_back(
    release: Release, workspace: Workspace, feedback: FeedbackStore
) -> None:
    correct(feedback, "r1", UPLOAD, ("Rosa", "comfro"))
    first = ingest(release.experiment, workspace, feedback)
    say(feedback, "r1", "Rosa", "barant")
    second = ingest(release.experiment, workspace, feedback)
    say(feedback, "r1", "Rosa", "comfro")

    assert second.digest != first.digest
    assert ingest(release.experiment, workspace, feedback) == first


def test_confirming_one_answer_leaves_the_others_open(
    release: Release, workspace: Workspace, feedback: FeedbackStore
) -> None:
    correct(feedback, "r1", UPLOAD)
    say(feedback, "r1", "Rosa", "barant", verdict=Verdict.RIGHT)

    (row,) = sent(ingest(release.experiment, workspace, feedback))

    assert (row["primary_label"], row["secondary_labels"], row["absent"]) == ("barant", ["crick1"], [])


def test_wrong_teaches_that_one_species_is_absent_and_nothing_of_others(
    release: Release, workspace: Workspace, feedback: FeedbackStore
) -> None:
    correct(feedback, "r1", UPLOAD)
    say(feedback, "r1", "Rosa", "barant", verdict=Verdict.WRONG)

    handover = ingest(release.experiment, workspace, feedback)

    (row,) = sent(handover)
    assert (row["labelled"], row["absent"], row["part"]) == ("denied", ["barant"], "train")
    assert row["primary_label"] is None
    lesson = Lesson.of(release.experiment, Windows.open(build_windows(handover, FRONT_END, workspace)))
    denied = (lesson.windows.index["origin"] == "feedback").to_numpy()
    codes = [species.code for species in lesson.windows.species]
    (targets,) = {tuple(row) for row in lesson.targets[denied].tolist()}
    assert dict(zip(codes, targets, strict=True)) == {
        code: 0.0 if code == "barant" else pytest.approx(IGNORED) for code in codes
    }


def test_right_about_silence_teaches_that_nobody_calls(
    release: Release, workspace: Workspace, feedback: FeedbackStore
) -> None:
    send(feedback, "r1", UPLOAD, species=())
    say(feedback, "r1", "Rosa", verdict=Verdict.RIGHT)

    handover = ingest(release.experiment, workspace, feedback)

    (row,) = sent(handover)
    assert (row["labelled"], row["part"], row["primary_label"]) == ("timed", "train", None)
    windows = Windows.open(build_windows(handover, FRONT_END, workspace))
    silent = (windows.index["origin"] == "feedback").to_numpy()
    assert not Lesson.of(release.experiment, windows).targets[silent].any()


def test_the_passive_log_is_only_taken_in_if_asked_and_never_judges(
    release: Release, workspace: Workspace, feedback: FeedbackStore
) -> None:
    send(feedback, "r1", UPLOAD, passive=True, said_at="2025-06-01T05:30:00-05:00", latitude=6.12)

    assert sent(ingest(release.experiment, workspace, feedback)) == []

    (row,) = sent(ingest(release.experiment, workspace, feedback, passive=True))
    assert (row["origin"], row["part"], row["labelled"]) == ("passive", "unlabelled", "none")
    assert (str(row["recorded_at"]), row["latitude"]) == ("2025-06-01 05:30:00", 6.12)


@pytest.mark.parametrize(("confidence", "labelled"), [(0.95, "whole"), (0.89, "none")])
def test_the_service_s_own_sure_answers_are_labels_where_the_settings_believe_them(
    release: Release, workspace: Workspace, feedback: FeedbackStore, confidence: float, labelled: str
) -> None:
    send(feedback, "r1", UPLOAD, passive=True, species=(("comfro", confidence), ("barant", 0.6)))

    (row,) = sent(ingest(believing(release.experiment, model=0.2), workspace, feedback, passive=True))

    assert row["labelled"] == labelled
    if labelled == "whole":
        assert (row["primary_label"], row["weight"], row["part"]) == ("comfro", 0.2, "train")
        assert row["secondary_labels"] == ["barant"]


def test_what_somebody_spoke_about_is_no_passive_row_too(
    release: Release, workspace: Workspace, feedback: FeedbackStore
) -> None:
    send(feedback, "r1", UPLOAD, passive=True)
    say(feedback, "r1", "Rosa", "comfro")

    (row,) = sent(ingest(release.experiment, workspace, feedback, passive=True))

    assert row["origin"] == "feedback"


def test_a_correction_whose_audio_is_gone_is_put_aside(
    release: Release, workspace: Workspace, feedback: FeedbackStore
) -> None:
    correct(feedback, "r1", UPLOAD, ("Rosa", "comfro"))
    (audio,) = (feedback.folder / "audio").iterdir()
    audio.unlink()

    assert quarantined(ingest(release.experiment, workspace, feedback)) == {
        f"feedback/audio/{audio.name}": "the file is missing"
    }


@pytest.mark.parametrize("verdict", [Verdict.SPECIES, Verdict.WRONG])
def test_a_species_that_the_data_do_not_know_is_put_aside(
    release: Release, workspace: Workspace, feedback: FeedbackStore, verdict: Verdict
) -> None:
    send(feedback, "r1", UPLOAD, species=(("other1", 0.9),))
    say(feedback, "r1", "Rosa", "other1", verdict=verdict)

    (reason,) = quarantined(ingest(release.experiment, workspace, feedback)).values()

    assert "not in the taxonomy" in reason


def test_audio_in_a_bucket_is_brought_for_the_catalog(
    release: Release, workspace: Workspace, tmp_path: Path
) -> None:
    with bucket(tmp_path) as address:
        store = FeedbackStore(workspace / "raw/feedback", Keeping(audio=address))
        correct(store, "r1", UPLOAD, ("Rosa", "comfro"))
        assert not (store.folder / "audio").exists()

        handover = ingest(release.experiment, workspace, store)

    (row,) = sent(handover)
    assert Catalog.open(handover).path_of(str(row["uri"])).read_bytes() == UPLOAD


def test_the_survey_sees_what_ingest_would_see(
    release: Release, workspace: Workspace, feedback: FeedbackStore
) -> None:
    before = survey(release.experiment, workspace, feedback)
    send(feedback, "r1", UPLOAD)
    heard = survey(release.experiment, workspace, feedback)
    say(feedback, "r1", "Rosa", "comfro")

    assert heard == before, "audio that nobody said anything about is nothing to learn from"
    assert survey(release.experiment, workspace, feedback) != before


@pytest.mark.parametrize("passive", [False, True])
@pytest.mark.parametrize(
    ("gain", "reason"),
    [
        (0.1, "it is release/train_audio/barant/XC99.wav, which was released"),
        (0.05, "it sounds the same as release/train_audio/barant/XC99.wav, which was released"),
    ],
)
def test_what_was_released_is_never_trained_on_again(
    release: Release, workspace: Workspace, feedback: FeedbackStore, gain: float, reason: str, passive: bool
) -> None:
    """It may be one that models are judged on; nor is it where it was only made softer."""
    release.clip("XC99", filename="barant/XC99.wav")
    (release.root / "train_audio/barant/XC99.wav").write_bytes(sound(5.0, seed=99, gain=0.1, format="WAV"))
    recording = sound(5.0, seed=99, gain=gain, format="WAV")
    send(feedback, "r1", recording, passive=passive)
    if not passive:
        say(feedback, "r1", "Rosa", "comfro")

    assert list(quarantined(ingest(release.experiment, workspace, feedback, passive=passive)).values()) == [
        reason
    ]


def test_targets_stay_what_they_were_where_nothing_is_denied(
    release: Release, workspace: Workspace, feedback: FeedbackStore
) -> None:
    windows = Windows.open(build_windows(ingest(release.experiment, workspace, None), FRONT_END, workspace))

    assert not windows.targets("absent").any()
    assert (Lesson.of(release.experiment, windows).targets.numpy() >= windows.targets()).all()
