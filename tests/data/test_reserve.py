"""The built-in reserve: its layout, its determinism, and the life in it."""

import ast
import itertools
import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from silencio.data import readers
from silencio.data.delivery import DELIVERED
from silencio.data.reserve import compose
from silencio.data.reserve.hours import is_night
from silencio.data.reserve.recordings import Recording, plan_recordings, render_recording, score_recording
from silencio.data.reserve.score import bouts
from silencio.data.reserve.soundscapes import plan_soundscapes, score_soundscape
from silencio.data.reserve.species import CLASSES, inhabitants
from silencio.errors import WrongUse
from silencio.experiment import load_experiment
from silencio.settings import Data, Reserve

RATE = 32_000
SMALL = Reserve(seed=3, species=4, recordings_per_species=3, recordists=4, soundscapes=4, sites=2)
DEMO = load_experiment("demo").data.reserve


@pytest.fixture(scope="module")
def reserve(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reserve")
    compose(SMALL, folder)
    return folder


@pytest.fixture(scope="module")
def demo_recordings() -> list[Recording]:
    return plan_recordings(DEMO)


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_train_csv_has_the_columns_of_birdclef_2025_and_a_file_for_each_row(reserve: Path) -> None:
    table = pl.read_csv(reserve / "train.csv")

    assert table.columns == [
        "primary_label", "secondary_labels", "type", "filename", "collection", "rating", "url",
        "latitude", "longitude", "scientific_name", "common_name", "author", "license",
    ]  # fmt: skip
    assert table["primary_label"].value_counts(sort=True)["count"].to_list() == [3, 3, 3, 3]
    on_disk = {
        p.relative_to(reserve / "train_audio").as_posix() for p in (reserve / "train_audio").rglob("*.ogg")
    }
    assert set(table["filename"]) == on_disk
    assert all(
        isinstance(ast.literal_eval(text), list) for text in [*table["secondary_labels"], *table["type"]]
    )


def test_taxonomy_names_every_species_and_its_class(reserve: Path) -> None:
    table = pl.read_csv(reserve / "taxonomy.csv")

    assert table.columns == ["primary_label", "inat_taxon_id", "scientific_name", "common_name", "class_name"]
    assert set(table["primary_label"]) == set(pl.read_csv(reserve / "train.csv")["primary_label"])
    assert set(table["class_name"]) == set(CLASSES)


def test_conditions_of_recordings_have_the_columns_that_a_delivery_has(reserve: Path) -> None:
    table = pl.read_csv(reserve / "train_conditions.csv")
    train = pl.read_csv(reserve / "train.csv")

    assert table.columns == [
        "filename", "recorded_at", "snr_db", "overlap", "night", "colour_db", "dialect",
    ]  # fmt: skip
    assert set(table.columns[1:]) <= set(DELIVERED)
    assert table["filename"].to_list() == train["filename"].to_list()
    assert table["night"].dtype == pl.Boolean
    assert table.null_count().sum_horizontal().item() == 0


def test_conditions_of_soundscapes_leave_out_what_differs_from_call_to_call(reserve: Path) -> None:
    table = pl.read_csv(reserve / "train_soundscapes_conditions.csv")

    assert table.columns == ["filename", "recorded_at", "overlap", "night", "colour_db"]
    assert set(table["filename"]) == {p.name for p in (reserve / "train_soundscapes").iterdir()}


def test_the_night_flag_is_about_the_hour(reserve: Path) -> None:
    for name in ("train_conditions", "train_soundscapes_conditions"):
        for row in pl.read_csv(reserve / f"{name}.csv").iter_rows(named=True):
            assert row["night"] == is_night(datetime.fromisoformat(row["recorded_at"]))


def test_whoever_calls_into_a_call_is_its_secondary_label(reserve: Path) -> None:
    rows = pl.read_csv(reserve / "train.csv").join(
        pl.read_csv(reserve / "train_conditions.csv"), on="filename"
    )

    for labels, primary, share in rows.select("secondary_labels", "primary_label", "overlap").iter_rows():
        second = [label for label in ast.literal_eval(labels) if label]
        assert (share > 0) == bool(second)
        assert primary not in second


def test_every_file_is_audible_32_khz_mono_vorbis_that_does_not_clip(reserve: Path) -> None:
    for path in reserve.rglob("*.ogg"):
        with soundfile.SoundFile(path) as file:
            assert (file.samplerate, file.channels, file.subtype) == (RATE, 1, "VORBIS")
            samples = file.read(dtype="float32")
        seconds = len(samples) / RATE
        assert seconds == 60 if path.parent.name == "train_soundscapes" else 5 <= seconds <= 12
        assert samples.std() > 10 ** (-55 / 20), f"{path.name} is silent"
        assert np.abs(samples).max() < 0.99, f"{path.name} clips"


def test_labels_lie_within_their_soundscape_and_name_known_species(reserve: Path) -> None:
    labels = pl.read_csv(reserve / "train_soundscapes_labels.csv")

    assert labels.columns == ["filename", "start", "end", "primary_label", "snr_db"]
    assert ((labels["start"] >= 0) & (labels["start"] < labels["end"]) & (labels["end"] <= 60)).all()
    assert set(labels["primary_label"]) == set(pl.read_csv(reserve / "taxonomy.csv")["primary_label"])
    assert set(labels["filename"]) == {p.name for p in (reserve / "train_soundscapes").iterdir()}


def test_equal_settings_give_equal_bytes_also_in_a_pool_and_after_a_kill(
    reserve: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = files(reserve)
    done, interrupted = sorted(name for name in expected if name.endswith(".ogg"))[:2]
    for name, content in ((done, expected[done]), (f"{interrupted}.partial", b"OggS, then the power went")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    # By its full name: the package hides its module behind the function.
    monkeypatch.setattr(sys.modules["silencio.data.reserve.compose"], "FILES_A_PROCESS", 8)
    seen: list[tuple[int, int]] = []

    compose(SMALL, tmp_path, lambda done, total: seen.append((done, total)))

    assert files(tmp_path) == expected
    assert seen == [(done, 16) for done in range(1, 17)]


def test_a_reserve_whose_maker_was_killed_is_completed(reserve: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from silencio.data.reserve import compose;"
        "from silencio.settings import Reserve;"
        "compose(Reserve.model_validate_json(sys.argv[1]), Path(sys.argv[2]))"
    )
    maker = subprocess.Popen([sys.executable, "-c", program, SMALL.model_dump_json(), str(tmp_path)])
    while not any(tmp_path.rglob("*.ogg")):
        assert maker.poll() is None
        time.sleep(0.01)
    maker.kill()
    maker.wait()
    assert not (tmp_path / "train.csv").exists()

    compose(SMALL, tmp_path)

    assert files(tmp_path) == files(reserve)


def test_another_seed_is_another_reserve() -> None:
    ours, other = (
        plan_recordings(Reserve(seed=seed, species=4, recordings_per_species=2)) for seed in (1, 2)
    )

    assert ours[0].species.repertoire != other[0].species.repertoire
    sounds = [render_recording(r, score_recording(r)) for r in (ours[0], other[0])]
    assert not np.array_equal(sounds[0][:RATE], sounds[1][:RATE])


@pytest.mark.parametrize("seed", [0, -1, 2**70])
def test_any_seed_will_do(seed: int) -> None:
    assert len(plan_recordings(Reserve(seed=seed, species=4, recordings_per_species=2))) == 8


def test_the_first_four_species_are_one_of_each_class() -> None:
    assert {species.class_name for species in inhabitants(1, 4)} == set(CLASSES)


def test_a_larger_reserve_holds_the_species_of_a_smaller_one() -> None:
    assert inhabitants(1, 206)[:12] == inhabitants(1, 12)


def test_two_hundred_and_six_species_have_names_of_their_own() -> None:
    species = inhabitants(1, 206)

    for name in ("code", "scientific_name", "common_name", "inat_taxon_id", "repertoire"):
        assert len({getattr(one, name) for one in species}) == 206, name


def test_relatives_share_a_syllable_and_about_the_pitch_and_nothing_more() -> None:
    genera = itertools.groupby(
        sorted(inhabitants(1, 206), key=lambda s: s.scientific_name.split()[0] + s.common_name.split()[-1]),
        key=lambda s: (s.scientific_name.split()[0], s.common_name.split()[-1]),
    )
    pairs = [pair for pair in (list(group) for _, group in genera) if len(pair) == 2]

    assert len(pairs) > 60
    for one, other in pairs:
        timbres = [{syllable.partials for syllable in kin.repertoire.phrase} for kin in (one, other)]
        assert timbres[0] & timbres[1], (one.code, other.code)
        assert timbres[0] != timbres[1] or one.repertoire.phrase != other.repertoire.phrase
        assert 0 < abs(np.log2(one.repertoire.pitch / other.repertoire.pitch)) < 0.3


def test_each_species_is_recorded_by_several_recordists(demo_recordings: list[Recording]) -> None:
    for code, group in itertools.groupby(demo_recordings, key=lambda r: r.species.code):
        assert len({r.recordist for r in group}) >= 3, code


def test_every_site_is_heard_by_day_and_by_night() -> None:
    heard = {(s.site, 6 <= s.recorded_at.hour < 18) for s in plan_soundscapes(DEMO)}

    assert heard == set(itertools.product(range(DEMO.sites), (True, False)))


def test_any_half_of_the_sites_hears_most_species() -> None:
    soundscapes = plan_soundscapes(DEMO)

    for sites in itertools.combinations(range(DEMO.sites), DEMO.sites // 2):
        heard = {species.code for s in soundscapes if s.site in sites for species in s.callers}
        assert len(heard) >= 0.8 * DEMO.species, sites


def test_soundscapes_hold_overlaps_silence_and_calls_from_near_to_hardly_audible() -> None:
    minutes = [bouts(score_soundscape(soundscape), 60 * RATE) for soundscape in plan_soundscapes(DEMO)]
    callers = np.array(
        [
            len({b.species for b in minute if b.start < start + 5 and b.end > start})
            for minute in minutes
            for start in range(0, 60, 5)
        ]
    )
    snr = [bout.snr_db for minute in minutes for bout in minute]

    assert 0.1 < (callers == 0).mean() < 0.7
    assert (callers > 1).mean() > 0.05
    assert min(snr) < 2
    assert max(snr) > 20


def test_too_few_soundscapes_for_the_sites_are_refused_with_the_way_out() -> None:
    with pytest.raises(WrongUse, match=r"5 soundscapes for 4 sites.*set soundscapes to 8 or more"):
        plan_soundscapes(Reserve(soundscapes=5, sites=4))


def test_soundscapes_that_nobody_labels_leave_all_else_as_it_is(reserve: Path, tmp_path: Path) -> None:
    compose(SMALL.model_copy(update={"unlabelled": 3}), tmp_path)

    with_them, without = files(tmp_path), files(reserve)
    more = {name for name in with_them if name.startswith("unlabeled_soundscapes/")}
    assert {name: content for name, content in with_them.items() if name not in more} == without
    assert len(more) == 3
    assert {Path(name).name[:3] for name in more} == {"S01", "S02"}, "at the same sites"
    assert {Path(name).name for name in more}.isdisjoint(Path(name).name for name in without), "on other days"


def test_more_unlabelled_soundscapes_begin_with_the_same() -> None:
    two, five = (plan_soundscapes(SMALL.model_copy(update={"unlabelled": n})) for n in (2, 5))
    assert [s.filename for s in two if not s.labelled][:2] == [s.filename for s in five if not s.labelled][:2]
    assert [s.labelled for s in five] == [True] * 4 + [False] * 5


def test_what_nobody_labelled_is_read_if_it_is_asked_for(reserve: Path, tmp_path: Path) -> None:
    settings = SMALL.model_copy(update={"unlabelled": 2})
    compose(settings, tmp_path)

    asked, not_asked = (
        readers.read(Data(reserve=settings, unlabelled=asked), tmp_path).recordings for asked in (True, False)
    )

    none = asked.filter(labelled="none")
    assert len(none) == 2
    assert none["recorded_at"].null_count() == 0
    assert set(none["recordist"]) == {"S01", "S02"}
    assert asked.filter(pl.col("labelled") != "none").equals(not_asked)
