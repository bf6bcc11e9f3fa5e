"""The store of windows: features and index agree, labels are where the calls are, and only what is new is heard."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from silencio.audio import windows_of
from silencio.data.windows.hearing import Features
from silencio.data.windows.index import AUDIBLE_SECONDS, INDEX
from silencio.data.windows.shards import MOST
from silencio.data.windows.store import Windows, build_windows
from silencio.errors import SilencioError
from silencio.identity import digest_of_file
from silencio.settings import FrontEnd
from silencio.workspace import Workspace
from tests.data.recorded import FRONT_END, Recorded

FEW = 5
OTHER_DISK = Path("/dev/shm")


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    """A few recordings of three windows each."""
    recorded = Recorded(tmp_path)
    for number, part in zip(range(FEW), ("train", "train", "validation", "test", "unlabelled"), strict=True):
        recorded.add(f"r{number}", 2.5, part=part, labelled="none" if part == "unlabelled" else "whole")
    return recorded


def build(recorded: Recorded, workspace: Workspace) -> Windows:
    return Windows.open(build_windows(recorded.catalog(), FRONT_END, workspace))


def rows_of(windows: Windows, recording: str) -> pl.DataFrame:
    return windows.index.filter(recording=recording).sort("start")


def test_there_are_features_for_each_row_of_the_index(recorded: Recorded, workspace: Workspace) -> None:
    windows = build(recorded, workspace)

    assert windows.features.shape == (3 * FEW, *FRONT_END.shape)
    assert windows.index.schema == INDEX
    assert windows.front_end == FRONT_END
    assert windows.handover.facts["windows"] == len(windows.index) == len(windows.features)
    assert windows.handover.facts["shape"] == [*FRONT_END.shape]


def test_a_row_of_the_store_is_what_the_service_would_compute(
    recorded: Recorded, workspace: Workspace
) -> None:
    windows, features = build(recorded, workspace), Features(FRONT_END)

    for recording in recorded.rows:
        rows = windows.index.with_row_index("at").filter(recording=recording)
        served = windows_of(recorded.path(recording).read_bytes(), features)
        assert rows["start"].to_list() == served.starts.tolist()
        # A matrix product among several threads may differ in its last bit, and so may what is rounded from it.
        np.testing.assert_allclose(windows.features[rows["at"].to_numpy()], served.features, atol=2e-3)


def test_the_index_says_what_turns_a_window_back_into_decibels(
    recorded: Recorded, workspace: Workspace
) -> None:
    windows, features = build(recorded, workspace), Features(FRONT_END)

    assert windows.scale is not None
    for recording in recorded.rows:
        rows = windows.index.with_row_index("at").filter(recording=recording)["at"].to_numpy()
        expected = windows_of(recorded.path(recording), features).scale
        np.testing.assert_allclose(windows.scale.offset_db[rows], expected.offset_db, rtol=1e-5)
        np.testing.assert_allclose(windows.scale.scale_db[rows], expected.scale_db, rtol=1e-5)


def test_coefficients_are_no_decibels(recorded: Recorded, workspace: Workspace) -> None:
    coefficients = FRONT_END.model_copy(update={"features": "mfcc", "n_mfcc": 4})

    windows = Windows.open(build_windows(recorded.catalog(), coefficients, workspace))

    assert windows.scale is None
    assert windows.index["offset_db"].is_null().all()


@pytest.mark.parametrize(
    "changes",
    [{}, {"hop_seconds": 0.5}, {"window_seconds": 5.0, "hop_seconds": 5.0}, {"n_mels": 8, "hop_length": 100}],
    ids=str,
)
def test_any_front_end_has_its_store(
    recorded: Recorded, workspace: Workspace, changes: dict[str, float]
) -> None:
    front_end = FrontEnd.model_validate(FRONT_END.model_dump() | changes)

    windows = Windows.open(build_windows(recorded.catalog(), front_end, workspace))

    assert windows.features[:].shape == (len(windows.index), *front_end.shape)
    assert np.isfinite(windows.features[:]).all()


def test_windows_that_lie_together_follow_each_other(recorded: Recorded, workspace: Workspace) -> None:
    index = build(recorded, workspace).index

    assert index.equals(index.sort("shard", "row"))
    assert index.select(pl.col("start").is_sorted().over("recording").all()).item()


def test_every_recording_is_in_its_part_also_what_nobody_labelled(
    recorded: Recorded, workspace: Workspace
) -> None:
    windows = build(recorded, workspace)

    parts = {identity: row["part"] for identity, row in recorded.rows.items()}
    assert dict(windows.index.select("recording", "part").iter_rows()) == parts
    assert len(windows.rows("train")) == 6
    assert windows.targets()[windows.rows("unlabelled")].sum() == 0


def test_targets_name_the_species_of_each_window(recorded: Recorded, workspace: Workspace) -> None:
    recording = recorded.add("both", primary_label="comfro", secondary_labels=["crick1", "barant"])

    windows = build(recorded, workspace)

    row = windows.index["recording"].to_list().index(recording)
    assert windows.targets()[row].tolist() == [0, 1, 0]
    assert windows.targets("secondary")[row].tolist() == [1, 0, 1]
    assert not rows_of(windows, recording)["strong"].any()


def test_a_window_knows_the_conditions_of_its_recording(recorded: Recorded, workspace: Workspace) -> None:
    said = {"night": True, "snr_db": 7.5, "overlap": 0.25, "colour_db": -2.0, "dialect": 0.5, "era": "newer"}
    said |= {"recordist": "Ana", "latitude": 6.25, "longitude": -73.5, "duration": 2.0}
    recording = recorded.add("night", **said)

    windows = build(recorded, workspace)

    assert rows_of(windows, recording).select(*said).unique().to_dicts() == [said]


@pytest.mark.parametrize(
    ("start", "end", "heard_in"),
    [
        (0.1, 0.9, [0]),
        (0.4, 1.6, [0, 1]),
        (0.5, 2.6, [0, 1, 2]),
        (1.0, 2.0, [1]),
        (1 - AUDIBLE_SECONDS, 2.0, [0, 1]),
        (1 - AUDIBLE_SECONDS + 0.01, 2.0, [1]),
        (0.0, 1 + AUDIBLE_SECONDS, [0, 1]),
        (0.0, 1 + AUDIBLE_SECONDS - 0.01, [0]),
        (1.1, 1.4, []),
    ],
)
def test_a_call_is_a_label_of_the_windows_in_which_it_is_audible(
    tmp_path: Path, workspace: Workspace, start: float, end: float, heard_in: list[float]
) -> None:
    recorded = Recorded(tmp_path)
    soundscape = recorded.add("soundscape", 3.0, labelled="timed", part="test")
    recorded.call(soundscape, start, end, "comfro")

    rows = rows_of(build(recorded, workspace), soundscape)

    assert rows["labels"].to_list() == [["comfro"] if at in heard_in else [] for at in (0, 1, 2)]
    assert rows["strong"].all()


def test_species_that_call_together_are_labels_of_one_window_each_once(
    recorded: Recorded, workspace: Workspace
) -> None:
    soundscape = recorded.add("soundscape", 2.0, labelled="timed", part="test", snr_db=99.0)
    recorded.call(soundscape, 0.1, 0.8, "crick1", 10.0)
    recorded.call(soundscape, 0.2, 0.9, "barant", 13.0)
    recorded.call(soundscape, 0.3, 1.0, "crick1")

    rows = rows_of(build(recorded, workspace), soundscape)

    assert rows["labels"].to_list() == [["barant", "crick1"], []]
    assert rows["snr_db"].to_list() == [13.0, None], "the loudest call's, and nobody's"


def test_equal_recordings_are_computed_once_and_stand_in_the_index_twice(
    recorded: Recorded, workspace: Workspace
) -> None:
    one = recorded.add("one", seed=99)
    two = recorded.add("two", seed=99, primary_label="crick1", part="test")

    windows = build(recorded, workspace)

    ones, twos = rows_of(windows, one), rows_of(windows, two)
    assert ones.select("shard", "row").equals(twos.select("shard", "row"))
    assert (ones["part"][0], twos["part"][0]) == ("train", "test")
    assert len(windows.features) == len(windows.index) == 3 * FEW + 4


def test_features_are_mapped_and_take_two_bytes_each(recorded: Recorded, workspace: Workspace) -> None:
    store = build(recorded, workspace).handover

    assert sum(file.stat().st_size for file in store.folder.glob("shards/*")) == 2 * 3 * FEW * np.prod(
        FRONT_END.shape
    )


def test_the_same_catalog_and_front_end_are_computed_once(recorded: Recorded, workspace: Workspace) -> None:
    def progress(done: int, of: int) -> None:
        raise AssertionError("nothing is left to do")

    first = build_windows(recorded.catalog(), FRONT_END, workspace)

    assert build_windows(recorded.catalog(), FRONT_END, workspace, progress) == first


def test_progress_counts_recordings(recorded: Recorded, workspace: Workspace) -> None:
    told: list[tuple[int, int]] = []

    build_windows(recorded.catalog(), FRONT_END, workspace, lambda done, of: told.append((done, of)))

    assert told == [(done, FEW) for done in range(1, FEW + 1)]


def many(recorded: Recorded) -> None:
    """More recordings than a shard takes."""
    for number in range(FEW, MOST + 10):
        recorded.add(f"r{number}", 0.5)


def test_one_new_recording_costs_one_recording(recorded: Recorded, workspace: Workspace) -> None:
    many(recorded)
    before = build(recorded, workspace)
    sealed = {file.stat().st_ino for file in before.handover.folder.glob("shards/*")}
    # Whatever was heard is not there to be heard again.
    for recording in recorded.rows:
        recorded.path(recording).unlink()
    new = recorded.add("new", 2.5)

    after = build(recorded, workspace)

    assert len(after.index) == len(before.index) + 3
    assert len(rows_of(after, new)) == 3
    shared = {file.stat().st_ino for file in after.handover.folder.glob("shards/*")} & sealed
    assert len(shared) == len(sealed) - 1, "one shard is new, the others are the same files"
    for recording in list(recorded.rows)[:-1]:
        old = before.features[np.flatnonzero(before.index["recording"] == recording)]
        np.testing.assert_array_equal(
            after.features[np.flatnonzero(after.index["recording"] == recording)], old
        )
    after.handover.verify()


def test_the_store_does_not_tell_in_which_order_recordings_came(
    recorded: Recorded, workspace: Workspace, tmp_path: Path
) -> None:
    few = build(recorded, workspace)
    many(recorded)
    step_by_step = build(recorded, workspace)
    at_once = build(recorded, Workspace(tmp_path / "elsewhere"))

    assert step_by_step.handover.digest == at_once.handover.digest != few.handover.digest
    assert step_by_step.handover.files == at_once.handover.files


def test_a_recording_that_was_taken_out_leaves_no_trace(
    recorded: Recorded, workspace: Workspace, tmp_path: Path
) -> None:
    before = build(recorded, workspace)
    new = recorded.add("new")
    build(recorded, workspace)
    del recorded.rows[new]

    assert build(recorded, Workspace(tmp_path / "elsewhere")).handover.digest == before.handover.digest


def test_a_damaged_store_is_made_again_from_the_recordings_not_from_its_damage(
    recorded: Recorded, workspace: Workspace
) -> None:
    store = build(recorded, workspace).handover
    (damaged,) = store.folder.glob("shards/*")
    with damaged.open("r+b") as stream:
        stream.write(b"damage")
    with pytest.raises(SilencioError, match=f"{damaged.name} was changed since the windows was sealed"):
        store.verify()
    shutil.rmtree(store.folder)

    again = build(recorded, workspace).handover

    assert again.verify().digest == store.digest


def test_a_store_on_another_disk_than_the_shards_has_copies(
    recorded: Recorded, workspace: Workspace, tmp_path: Path
) -> None:
    if not OTHER_DISK.is_dir() or OTHER_DISK.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip(f"{OTHER_DISK} is no other disk")
    linked = build(recorded, workspace).handover
    apart = Workspace(tmp_path / "apart")

    with tempfile.TemporaryDirectory(dir=OTHER_DISK) as stores:
        (apart / "processed" / "windows").symlink_to(stores)
        copied = build(recorded, apart).handover

        assert copied.verify().digest == linked.digest
        assert {file.stat().st_nlink for file in copied.folder.glob("shards/*")} == {1}


def remove(path: Path) -> str:
    path.unlink()
    return "release/r3.wav is missing"


def replace(path: Path) -> str:
    path.write_bytes(path.read_bytes() + b"more")
    return "release/r3.wav .* is not the file that the catalog lists"


@pytest.mark.parametrize("spoil", [remove, replace])
def test_a_recording_that_went_bad_since_the_catalog_was_made_is_named(
    recorded: Recorded, workspace: Workspace, spoil: Callable[[Path], str]
) -> None:
    catalog = recorded.catalog()
    problem = spoil(recorded.path("release/r3.wav"))

    with pytest.raises(SilencioError, match=problem):
        build_windows(catalog, FRONT_END, workspace)


def test_a_recording_that_cannot_be_decoded_any_more_is_named(
    recorded: Recorded, workspace: Workspace
) -> None:
    path = recorded.path("release/r3.wav")
    path.write_bytes(b"no sound at all")
    recorded.rows["release/r3.wav"]["digest"] = digest_of_file(path)

    with pytest.raises(SilencioError, match=r"release/r3.wav cannot be heard: "):
        build(recorded, workspace)
