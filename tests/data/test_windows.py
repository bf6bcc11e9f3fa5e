"""The windows' store: pictures and index agree, labels are where the calls are, and no build is half there."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from silencio.audio import LogMel, windows_of
from silencio.data.catalog import Catalog
from silencio.data.ingest import ingest
from silencio.data.windows import AUDIBLE_SECONDS, FEATURES, INDEX, Windows, build_windows
from silencio.handover import MANIFEST, Handover, Kind
from silencio.workspace import Workspace
from tests.data.conftest import FRONT_END, Release

SOUNDSCAPE = "C03_20240302_120000.ogg"

BUILD_AND_BE_KILLED = """
import os, signal, sys
from pathlib import Path
from silencio.data.windows import build_windows
from silencio.handover import Kind, open_handover
from silencio.settings import FrontEnd
from silencio.workspace import Workspace

workspace, catalog, front_end = sys.argv[1:]

def progress(done, of):
    if done == 3:
        os.kill(os.getpid(), signal.SIGKILL)

catalog = open_handover(Path(catalog), Kind.CATALOG)
build_windows(catalog, FrontEnd.model_validate_json(front_end), Workspace(workspace), progress)
"""


@pytest.fixture
def home(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def test_there_is_a_picture_for_each_row_of_the_index(tiny_windows: Handover) -> None:
    windows = Windows.open(tiny_windows)

    assert windows.features.shape == (len(windows.index), *FRONT_END.shape)
    assert windows.index.schema == INDEX
    assert windows.front_end == FRONT_END
    assert tiny_windows.facts["windows"] == len(windows.index)
    assert tiny_windows.facts["shape"] == [*FRONT_END.shape]


def test_a_row_of_the_store_is_what_the_service_would_compute(
    tiny_windows: Handover, tiny_catalog: Handover
) -> None:
    windows, catalog = Windows.open(tiny_windows), Catalog.open(tiny_catalog)

    for recording in catalog.recordings["id"].gather_every(4):
        rows = windows.index.with_row_index().filter(pl.col("recording") == recording)
        served = windows_of(catalog.path_of(recording).read_bytes(), LogMel(FRONT_END))
        assert rows["start"].to_list() == served.starts.tolist()
        np.testing.assert_array_equal(windows.features[rows["index"]], served.features.astype(np.float16))


def test_pictures_are_mapped_and_not_read(tiny_windows: Handover) -> None:
    features = Windows.open(tiny_windows).features

    assert isinstance(features, np.memmap)
    assert not features.flags.writeable
    assert (tiny_windows / FEATURES).stat().st_size == features.size * 2


def test_every_recording_is_in_its_part(tiny_windows: Handover, tiny_catalog: Handover) -> None:
    windows, recordings = Windows.open(tiny_windows), Catalog.open(tiny_catalog).recordings

    parts = dict(recordings.select("id", "part").iter_rows())
    assert dict(windows.index.select("recording", "part").iter_rows()) == parts
    rows = [windows.rows(part) for part in ("train", "validation", "test")]
    assert sorted(np.concatenate(rows).tolist()) == list(range(len(windows.index)))


def test_targets_name_the_species_of_each_window(tiny_windows: Handover) -> None:
    windows = Windows.open(tiny_windows)
    codes = [species.code for species in windows.species]

    targets = windows.targets()

    assert targets.shape == (len(windows.index), len(codes))
    assert targets.dtype == np.float32
    for row, labels in zip(targets, windows.index["labels"], strict=True):
        assert [codes[k] for k in np.flatnonzero(row)] == sorted(labels)


def test_secondary_labels_are_targets_of_their_own(release: Release, home: Workspace) -> None:
    release.clip("XC99", "barant", secondary_labels="['crick1', 'comfro']")

    windows = Windows.open(build_windows(ingest(release.experiment, home, None), FRONT_END, home))

    (row,) = np.flatnonzero(windows.index["recording"].str.ends_with("XC99.ogg"))
    assert windows.targets()[row].tolist() == [1, 0, 0]
    assert windows.targets("secondary")[row].tolist() == [0, 1, 1]


def labels_of(release: Release, home: Workspace) -> list[tuple[float, list[str]]]:
    """(start, labels) of each window of the soundscape."""
    catalog = ingest(release.experiment, home, None)
    index = Windows.open(build_windows(catalog, FRONT_END, home)).index
    rows = index.filter(pl.col("recording").str.ends_with(SOUNDSCAPE))
    assert rows["strong"].all()
    return list(rows.select("start", "labels").iter_rows())


@pytest.mark.parametrize(
    ("start", "end", "heard_in"),
    [
        (1.0, 2.0, [0]),
        (4.0, 6.0, [0, 5]),
        (3.0, 12.0, [0, 5, 10]),
        (5.0, 10.0, [5]),
        (5 - AUDIBLE_SECONDS, 7.0, [0, 5]),
        (5 - AUDIBLE_SECONDS + 0.01, 7.0, [5]),
        (3.0, 5 + AUDIBLE_SECONDS, [0, 5]),
        (3.0, 5 + AUDIBLE_SECONDS - 0.01, [0]),
        (12.0, 15.0, [10]),
    ],
)
def test_a_call_is_a_label_of_the_windows_in_which_it_is_audible(
    release: Release, home: Workspace, start: float, end: float, heard_in: list[float]
) -> None:
    release.soundscape(SOUNDSCAPE, (start, end, "comfro"), seconds=15)

    labels = labels_of(release, home)

    assert labels == [(at, ["comfro"] if at in heard_in else []) for at in (0, 5, 10)]


def test_species_that_call_together_are_labels_of_one_window_each_once(
    release: Release, home: Workspace
) -> None:
    calls = [(1.0, 2.0, "crick1"), (1.5, 3.0, "barant"), (3.0, 4.0, "crick1")]
    release.soundscape(SOUNDSCAPE, *calls, seconds=5)

    assert labels_of(release, home) == [(0, ["barant", "crick1"])]


def test_the_loudest_call_of_a_window_says_its_signal_to_noise(release: Release, home: Workspace) -> None:
    # The data set gives each call 10 dB and as many more as it starts later, in seconds.
    release.soundscape(SOUNDSCAPE, (1.0, 2.0, "barant"), (3.0, 4.0, "crick1"), seconds=10)

    windows = Windows.open(build_windows(ingest(release.experiment, home, None), FRONT_END, home))

    rows = windows.index.filter(pl.col("recording").str.ends_with(SOUNDSCAPE))
    assert rows["snr_db"].to_list() == [13.0, None]


def test_a_clip_is_labelled_as_a_whole(release: Release, home: Workspace) -> None:
    index = Windows.open(build_windows(ingest(release.experiment, home, None), FRONT_END, home)).index

    clip = index.row(by_predicate=pl.col("recording").str.ends_with("comfro/XC1.ogg"), named=True)
    assert (clip["strong"], clip["labels"], clip["start"]) == (False, ["comfro"], 0.0)


def test_the_same_catalog_and_front_end_are_computed_once(
    tiny_catalog: Handover, tiny_windows: Handover, tiny_workspace: Workspace
) -> None:
    def progress(done: int, of: int) -> None:
        raise AssertionError("nothing is left to do")

    assert build_windows(tiny_catalog, FRONT_END, tiny_workspace, progress) == tiny_windows


def test_progress_counts_recordings(release: Release, home: Workspace) -> None:
    told: list[tuple[int, int]] = []

    build_windows(
        ingest(release.experiment, home, None), FRONT_END, home, lambda done, of: told.append((done, of))
    )

    assert told == [(done, 14) for done in range(1, 15)]


def test_another_workspace_computes_the_same_digest(
    tiny_catalog: Handover, tiny_windows: Handover, home: Workspace
) -> None:
    assert build_windows(tiny_catalog, FRONT_END, home).digest == tiny_windows.digest


def test_a_killed_build_leaves_nothing_half_and_the_next_one_is_whole(
    tiny_catalog: Handover, tiny_windows: Handover, home: Workspace
) -> None:
    call = [
        *(sys.executable, "-c", BUILD_AND_BE_KILLED),
        *(str(home.root), str(tiny_catalog.folder), FRONT_END.model_dump_json()),
    ]

    killed = subprocess.run(call, check=False, timeout=60)

    assert killed.returncode == -signal.SIGKILL
    assert list((home / Kind.WINDOWS.value).rglob(FEATURES)), "it was killed on its way"
    assert not list((home / Kind.WINDOWS.value).rglob(MANIFEST))
    again = build_windows(tiny_catalog, FRONT_END, home)
    assert again.verify().digest == tiny_windows.digest
