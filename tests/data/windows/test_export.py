"""The store as one file for NumPy: nothing in it is pickled, and nothing of it is lost."""

from pathlib import Path

import numpy as np
import pytest

from silencio.data.windows import export as exporting
from silencio.data.windows.export import export
from silencio.data.windows.store import Windows, build_windows
from silencio.workspace import Workspace
from tests.data.recorded import FRONT_END, Recorded


def exported(recorded: Recorded, workspace: Workspace) -> tuple[Windows, dict[str, np.ndarray]]:
    windows = Windows.open(build_windows(recorded.catalog(), FRONT_END, workspace))
    export(windows, workspace.root / "out.npz", lambda done, of: None)
    with np.load(workspace.root / "out.npz", allow_pickle=False) as arrays:
        return windows, dict(arrays)


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    recorded = Recorded(tmp_path)
    recorded.add("bird", 2.5)
    recorded.add("frog", primary_label="comfro", part="test")
    return recorded


def test_every_window_is_there_with_where_it_comes_from(recorded: Recorded, workspace: Workspace) -> None:
    windows, arrays = exported(recorded, workspace)

    assert arrays["features"].dtype == np.float32
    np.testing.assert_array_equal(arrays["features"], windows.features[:])
    assert arrays["recordings"].tolist() == windows.index["recording"].to_list()
    assert arrays["starts"].tolist() == windows.index["start"].to_list()
    assert arrays["parts"].tolist() == windows.index["part"].to_list()
    np.testing.assert_array_equal(arrays["offset_db"], windows.index["offset_db"])
    np.testing.assert_array_equal(arrays["scale_db"], windows.index["scale_db"])
    assert arrays["classes"].tolist() == ["barant", "comfro", "crick1"]


def test_one_label_a_window_is_a_number(recorded: Recorded, workspace: Workspace) -> None:
    recorded.add("nobody", labelled="none", part="unlabelled")

    _, arrays = exported(recorded, workspace)

    by_recording = dict(zip(arrays["recordings"].tolist(), arrays["labels"].tolist(), strict=True))
    assert by_recording == {"release/bird.wav": 0, "release/frog.wav": 1, "release/nobody.wav": -1}


def test_several_labels_a_window_are_a_table(recorded: Recorded, workspace: Workspace) -> None:
    soundscape = recorded.add("soundscape", 2.0, labelled="timed", part="test")
    recorded.call(soundscape, 0.0, 1.0, "barant")
    recorded.call(soundscape, 0.0, 1.0, "crick1")
    recorded.add("frogs", 1.0, primary_label="comfro", secondary_labels=["crick1"])

    windows, arrays = exported(recorded, workspace)

    np.testing.assert_array_equal(arrays["labels"], windows.targets())
    np.testing.assert_array_equal(arrays["secondary"], windows.targets("secondary"))
    assert arrays["labels"].max(axis=1).min() == 0, "also where nobody calls"


def test_windows_are_written_a_few_at_a_time(
    recorded: Recorded, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = exported(recorded, workspace)[1]["features"]
    monkeypatch.setattr(exporting, "CHUNK", 2)
    told: list[tuple[int, int]] = []
    windows = Windows.open(build_windows(recorded.catalog(), FRONT_END, workspace))

    export(windows, workspace.root / "again.npz", lambda done, of: told.append((done, of)))

    assert told == [(2, 5), (4, 5), (5, 5)]
    np.testing.assert_array_equal(np.load(workspace.root / "again.npz")["features"], whole)
    assert (workspace.root / "again.npz").read_bytes() == (workspace.root / "out.npz").read_bytes()
