"""What is true of the windows that judge, from the recordings as they were catalogued."""

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from silencio.data.windows.store import Windows, build_windows
from silencio.evaluation.judged import judged_on
from silencio.evaluation.truth import Truth
from silencio.workspace import Workspace
from tests.data.recorded import FRONT_END, Recorded


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    return Recorded(tmp_path)


def truth_of(recorded: Recorded, workspace: Workspace, **front_end: Any) -> Truth:
    changed = FRONT_END.model_copy(update=front_end)
    return judged_on(Windows.open(build_windows(recorded.catalog(), changed, workspace)), "test").truth


def column(truth: Truth, name: str) -> dict[str, Any]:
    """By recording; each has one window."""
    return {
        recording.removeprefix("release/").removesuffix(".wav"): value
        for recording, value in truth.facts.select("recording", name).iter_rows()
    }


def test_callers_are_counted_by_class_with_secondary_labels(recorded: Recorded, workspace: Workspace) -> None:
    recorded.add("a", 1, part="test", primary_label="comfro", secondary_labels=["crick1", "barant"])

    facts = truth_of(recorded, workspace).facts

    counts = facts.select("callers", "birds", "frogs", "mammals", "insects").rows()
    assert counts == [(3, 1, 1, 0, 1)]


def test_a_recordist_is_new_of_whom_nothing_is_trained_on(recorded: Recorded, workspace: Workspace) -> None:
    recorded.add("ours", 1, recordist="Ana")
    recorded.add("validating", 1, recordist="Eva", part="validation")
    for name in ("Ana", "Eva", None):
        recorded.add(f"of {name}", 1, recordist=name, part="test")

    assert column(truth_of(recorded, workspace), "new_recordist") == {
        "of Ana": False,
        "of Eva": True,
        "of None": None,
    }


def test_the_rarest_caller_counts_by_the_recordings_that_it_is_trained_on_in(
    recorded: Recorded, workspace: Workspace
) -> None:
    for number in range(3):
        recorded.add(f"b{number}", 2, primary_label="barant")
    recorded.add("f", 1, primary_label="comfro", secondary_labels=["crick1"])
    recorded.add("judged f", 1, primary_label="comfro", part="validation")
    recorded.add("bird", 1, part="test", primary_label="barant")
    recorded.add("both", 1, part="test", primary_label="barant", secondary_labels=["comfro"])
    recorded.add("cricket", 1, part="test", primary_label="crick1")

    assert column(truth_of(recorded, workspace), "least_trained") == {"bird": 3, "both": 1, "cricket": 0}


def test_where_nothing_calls_nothing_is_rare(recorded: Recorded, workspace: Workspace) -> None:
    recorded.add("b")
    recorded.add("soundscape", 1, part="test", labelled="timed")

    assert column(truth_of(recorded, workspace), "least_trained") == {"soundscape": None}


def test_a_recording_is_short_that_is_shorter_than_a_window(recorded: Recorded, workspace: Workspace) -> None:
    recorded.add("half", 0.5, part="test")
    recorded.add("whole", 1.0, part="test")

    assert column(truth_of(recorded, workspace), "short") == {"half": True, "whole": False}


def test_a_site_is_the_place_of_a_clip_to_a_tenth_of_a_degree(
    recorded: Recorded, workspace: Workspace
) -> None:
    recorded.add("clip", 1, part="test", latitude=6.1432, longitude=-73.39, recordist="Ana")
    recorded.add("nowhere", 1, part="test", latitude=None, longitude=-73.39)

    assert column(truth_of(recorded, workspace), "site") == {"clip": "6.1 -73.4", "nowhere": None}


def test_a_site_is_the_recorder_of_a_soundscape(recorded: Recorded, workspace: Workspace) -> None:
    recorded.add(
        "soundscape", 1, part="test", labelled="timed", recordist="A01", latitude=6.1, longitude=-73.4
    )

    assert column(truth_of(recorded, workspace), "site") == {"soundscape": "A01"}


def test_labels_tell_the_signal_to_noise_ratio_where_they_do_for_every_call(
    recorded: Recorded, workspace: Workspace
) -> None:
    scene = recorded.add("scene", 2, part="test", labelled="timed", recorded_at=datetime(2025, 3, 1, 20))
    recorded.call(scene, 0, 1, "barant", snr_db=12.0)

    assert truth_of(recorded, workspace).facts["snr_db"].to_list() == [12.0, None]


def test_all_are_estimated_where_one_is_not_told(recorded: Recorded, workspace: Workspace) -> None:
    scene = recorded.add("scene", 3, part="test", labelled="timed")
    recorded.call(scene, 0, 1, "barant", snr_db=99.0)
    recorded.call(scene, 1, 2, "comfro")

    snr = truth_of(recorded, workspace).facts["snr_db"].to_list()

    assert all(0 <= decibels < 20 for decibels in snr[:2]), "noise hardly stands out from itself"
    assert snr[2] is None, "nothing calls"


def test_coefficients_leave_what_is_told(recorded: Recorded, workspace: Workspace) -> None:
    recorded.add("told", 1, part="test", snr_db=5.0)
    recorded.add("untold", 1, part="test")

    truth = truth_of(recorded, workspace, features="mfcc", n_mfcc=4)

    assert column(truth, "snr_db") == {"told": 5.0, "untold": None}


def test_the_truth_is_the_same_every_time(recorded: Recorded, workspace: Workspace) -> None:
    recorded.add("a", 3, part="test", primary_label="comfro")
    first, second = truth_of(recorded, workspace), truth_of(recorded, workspace)

    assert first.facts.equals(second.facts)
    assert np.array_equal(first.targets, second.targets)
