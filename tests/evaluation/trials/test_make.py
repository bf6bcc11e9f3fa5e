import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from silencio.audio import Features, load
from silencio.data.catalog import Catalog
from silencio.data.windows.store import Windows, build_windows
from silencio.errors import SilencioError
from silencio.evaluation.judged import judged_on
from silencio.evaluation.trials.drawn import draw, sounding
from silencio.evaluation.trials.make import make_trials
from silencio.evaluation.trials.trials import PICTURES, Trials
from silencio.handover import Handover
from silencio.settings import FrontEnd
from silencio.settings.judging import Trials as Settings
from silencio.workspace import Workspace
from tests.embeddings import front_end_of, write_model
from tests.evaluation.conftest import FRONT_END, Small

QUICK = Settings(windows=4, noises=("wind",), snr_db=(10, 0), codecs=("vorbis",))


def tried(
    small: Small,
    settings: Settings = QUICK,
    front_end: FrontEnd = FRONT_END,
    seed: int = 7,
    **other: Workspace,
) -> Trials:
    workspace = other.get("workspace", small.workspace)
    return make_trials(small.catalog, small.judged.truth, front_end, settings, seed, workspace)


def pictures(trials: Trials, **where: object) -> np.ndarray:
    rows = trials.table.with_row_index().filter(**where)["index"].to_numpy()
    return np.asarray(trials.pictures[rows], np.float32)


def test_everything_that_the_settings_name_is_done_to_every_window(small: Small) -> None:
    trials = tried(small, Settings(windows=4))
    done = trials.table.filter(pl.col("window").is_not_null())
    counts = {mode: len(rows) / 4 for (mode,), rows in done.group_by("mode")}
    assert counts.pop("shift") <= 2, "a recording may be too short"
    assert counts.pop("overlay") <= 3, "of another recording, with other species"
    assert counts == {
        "clean": 1,
        "weakened": 3,
        **dict.fromkeys(("wind", "rain", "chainsaw", "speech"), 4),
        "clipped": 3,
        "band": 3,
        "codec": 4,
        "gain": 3,
        "leading_silence": 1,
    }
    empty = trials.table.filter(pl.col("window").is_null())
    assert set(empty["name"]) == {
        "digital",
        "faint",
        "white",
        "pink",
        "wind",
        "rain",
        "chainsaw",
        "speech",
    }
    assert empty["labels"].list.len().sum() == 0


def test_windows_as_they_are_are_those_of_the_store(small: Small) -> None:
    trials = tried(small)
    windows = trials.table.filter(mode="clean")["window"].to_numpy()
    stored = small.windows.features[small.judged.rows[windows]]
    np.testing.assert_array_equal(pictures(trials, mode="clean"), stored.astype(np.float32))


def test_both_callers_are_true_of_two_calls_at_once(small: Small) -> None:
    table = tried(small).table
    alone = dict(table.filter(mode="clean").select("window", "labels").rows())
    overlaid = table.filter(mode="overlay")
    assert len(overlaid)
    for window, labels in overlaid.select("window", "labels").rows():
        assert set(alone[window]) < set(labels)


def test_a_moved_window_is_the_recordings_own_sound_and_what_calls_there_is_true_of_it(small: Small) -> None:
    trials, catalog = tried(small), Catalog.open(small.catalog)
    drawn = {d.window: d for d in draw(small.judged.truth, 4, 7)}
    features = Features(FRONT_END)
    moved = trials.table.with_row_index().filter(mode="shift")
    assert len(moved)
    for row in moved.iter_rows(named=True):
        one = drawn[row["window"]]
        sound = load(catalog.path_of(uri(catalog, one.recording)), FRONT_END.sample_rate)
        starts = [one.start + row["level"], one.start - row["level"]]
        expected = [features(cut(sound, start)[None])[0].astype(np.float16) for start in starts if start >= 0]
        assert any(np.array_equal(trials.pictures[row["index"]], picture) for picture in expected)
        assert row["labels"] in [heard(catalog, one.recording, start) for start in starts]


def uri(catalog: Catalog, recording: str) -> str:
    return str(catalog.recordings.filter(id=recording)["uri"].item())


def cut(sound: np.ndarray, start: float) -> np.ndarray:
    first = round(start * FRONT_END.sample_rate)
    window = sound[first : first + FRONT_END.window_samples]
    return np.pad(window, (0, FRONT_END.window_samples - len(window)))


def heard(catalog: Catalog, recording: str, start: float) -> list[str]:
    """Whose call lasts half a second or more within the window."""
    calls = catalog.annotations.filter(recording=recording)
    end = start + FRONT_END.window_seconds
    within = pl.min_horizontal("end", pl.lit(end)) - pl.max_horizontal("start", pl.lit(start))
    return calls.filter(within >= 0.5)["label"].unique().sort().to_list()


def test_silence_is_silent_and_noise_is_not(small: Small) -> None:
    trials = tried(small)
    assert (pictures(trials, mode="silence", name="digital") == -100).all()
    faint, white = pictures(trials, name="faint"), pictures(trials, mode="noise", name="white")
    assert len(faint) == len(white) == 4
    assert white.mean() - faint.mean() == pytest.approx(50, abs=1), "-40 against -90 dB of full scale"


def test_a_louder_window_has_a_louder_picture_and_no_other_change(small: Small) -> None:
    trials = tried(small)
    np.testing.assert_allclose(
        pictures(trials, mode="gain", level=6.0), pictures(trials, mode="clean") + 6, atol=0.1
    )


def test_they_are_the_same_anywhere_and_others_by_another_seed(small: Small, tmp_path: Path) -> None:
    there = tried(small, workspace=Workspace(tmp_path / "elsewhere"))
    assert there.handover.digest == tried(small).handover.digest
    assert there.handover.digest != tried(small, seed=8).handover.digest


def test_killed_in_the_middle_they_are_whole_the_next_time(small: Small, tmp_path: Path) -> None:
    whole = tried(small)
    begun = Workspace(tmp_path / "begun")
    unfinished = begun / whole.handover.kind.value / f"{whole.handover.folder.name}.partial"
    unfinished.mkdir()
    (unfinished / PICTURES).write_bytes((whole.handover / PICTURES).read_bytes()[:1001])

    again = tried(small, workspace=begun)

    assert again.handover.digest == whole.handover.digest
    again.handover.verify()


def test_what_was_made_is_found_and_not_made_again(small: Small) -> None:
    first = tried(small)
    made = (first.handover / PICTURES).stat().st_mtime_ns
    assert (tried(small).handover / PICTURES).stat().st_mtime_ns == made


@pytest.mark.parametrize(
    "changes",
    [
        {"features": "mfcc", "aggregate": "mean_std", "n_mels": 32},
        {"features": "image", "image_size": 32, "normalize": "unit"},
        {"sample_rate": 7_000, "hop_length": 350, "fmax": 3_000},
        {"sample_rate": 22_050, "hop_length": 1_000, "fmax": 9_000, "normalize": "standard"},
    ],
)
def test_another_front_end_hears_the_same_of_the_same_windows(
    small: Small, changes: dict[str, object]
) -> None:
    front_end = FrontEnd.model_validate(FRONT_END.model_dump() | changes)
    trials = tried(small, front_end=front_end)
    assert trials.pictures.shape == (len(trials.table), *front_end.shape)
    assert np.isfinite(np.asarray(trials.pictures, np.float32)).all()
    assert trials.table.equals(tried(small).table)


def test_an_embedding_model_hears_them_too(small: Small, tmp_path: Path) -> None:
    front_end = front_end_of(write_model(tmp_path / "pitches.onnx"), window_seconds=1.0)
    windows = Windows.open(build_windows(small.catalog, front_end, small.workspace))
    judged = judged_on(windows, "test")

    trials = make_trials(small.catalog, judged.truth, front_end, QUICK, 7, small.workspace)

    rows = judged.rows[trials.table.filter(mode="clean")["window"].to_numpy()]
    np.testing.assert_array_equal(pictures(trials, mode="clean"), windows.features[rows].astype(np.float32))


def test_a_recording_that_was_changed_is_refused_by_name(small: Small, tmp_path: Path) -> None:
    catalog = Catalog.open(small.catalog)
    (root, place), *_ = catalog.roots.items()
    moved = Path(shutil.copytree(place, tmp_path / "moved"))
    elsewhere = Catalog(
        catalog.recordings, catalog.annotations, catalog.species, catalog.quarantine, {root: str(moved)}
    )
    drawn = draw(small.judged.truth, 1, 7)
    path = elsewhere.path_of(uri(catalog, drawn[0].recording))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SilencioError, match=f"{path.name} is not the file that the catalog lists"):
        sounding(drawn, elsewhere, FRONT_END)


def test_where_nothing_calls_there_is_still_silence_and_noise(small: Small) -> None:
    truth = small.judged.truth
    nobody = type(truth)(truth.labels, np.zeros_like(truth.targets), truth.facts)
    trials = make_trials(small.catalog, nobody, FRONT_END, QUICK, 7, small.workspace)
    assert trials.table["window"].null_count() == len(trials.table) > 0


def test_the_handover_says_what_it_holds(small: Small) -> None:
    handover: Handover = tried(small).handover
    assert handover.facts["windows"] == 4
    assert handover.facts["trials"] == len(tried(small).table)
