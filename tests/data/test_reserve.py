"""The built-in reserve: its layout, its determinism, the truth of its labels, and the life in it."""

import ast
import dataclasses
import itertools
import os
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
from numpy.typing import NDArray

from silencio.data.reserve import compose, mix, ogg
from silencio.data.reserve.recordings import Recording, plan_recordings, render_recording
from silencio.data.reserve.soundscapes import plan_soundscapes, render_soundscape
from silencio.data.reserve.species import CLASSES, inhabitants
from silencio.errors import WrongUse
from silencio.settings import Reserve, load_experiment

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


# --- the layout


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


def test_conditions_say_when_each_recording_was_made_and_how_near_it_is(reserve: Path) -> None:
    table = pl.read_csv(reserve / "train_conditions.csv", schema_overrides={"snr_db": pl.Float64})

    assert table.columns == ["filename", "recorded_at", "snr_db"]
    assert set(table["filename"]) == set(pl.read_csv(reserve / "train.csv")["filename"])
    assert all(datetime.fromisoformat(text).year >= 2021 for text in table["recorded_at"])
    assert table["snr_db"].is_between(-10, 40).all()


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


# --- the same every time


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


def test_another_seed_is_another_reserve() -> None:
    ours, other = (
        plan_recordings(Reserve(seed=seed, species=4, recordings_per_species=2)) for seed in (1, 2)
    )

    assert ours[0].species.repertoire != other[0].species.repertoire
    assert not np.array_equal(render_recording(ours[0])[:RATE], render_recording(other[0])[:RATE])


@pytest.mark.parametrize("seed", [0, -1, 2**70])
def test_any_seed_will_do(seed: int) -> None:
    assert len(plan_recordings(Reserve(seed=seed, species=4, recordings_per_species=2))) == 8


# --- who lives there


def test_the_first_four_species_are_one_of_each_class() -> None:
    assert {species.class_name for species in inhabitants(1, 4)} == set(CLASSES)


def test_a_larger_reserve_holds_the_species_of_a_smaller_one() -> None:
    assert inhabitants(1, 206)[:12] == inhabitants(1, 12)


def test_two_hundred_and_six_species_have_names_of_their_own() -> None:
    species = inhabitants(1, 206)

    for name in ("code", "scientific_name", "common_name", "inat_taxon_id", "repertoire"):
        assert len({getattr(one, name) for one in species}) == 206, name


def test_night_species_are_mostly_recorded_at_night_and_day_species_by_day(
    demo_recordings: list[Recording],
) -> None:
    at_night = [not 6 <= r.recorded_at.hour < 18 for r in demo_recordings]
    fits = np.mean([r.species.nocturnal == night for r, night in zip(demo_recordings, at_night, strict=True)])

    assert 0.85 < fits < 1
    assert 0.3 < np.mean(at_night) < 0.7


def test_each_species_is_recorded_by_several_recordists(demo_recordings: list[Recording]) -> None:
    for code, group in itertools.groupby(demo_recordings, key=lambda r: r.species.code):
        assert len({r.recordist for r in group}) >= 3, code


# --- the soundscapes


def test_every_site_is_heard_by_day_and_by_night() -> None:
    heard = {(s.site, 6 <= s.recorded_at.hour < 18) for s in plan_soundscapes(DEMO)}

    assert heard == set(itertools.product(range(DEMO.sites), (True, False)))


def test_any_half_of_the_sites_hears_most_species() -> None:
    soundscapes = plan_soundscapes(DEMO)

    for sites in itertools.combinations(range(DEMO.sites), DEMO.sites // 2):
        heard = {species.code for s in soundscapes if s.site in sites for species in s.callers}
        assert len(heard) >= 0.8 * DEMO.species, sites


def test_soundscapes_hold_overlaps_silence_and_calls_from_near_to_hardly_audible() -> None:
    bouts = [render_soundscape(soundscape)[1] for soundscape in plan_soundscapes(DEMO)[3:7]]
    callers = np.array(
        [
            len({b.species for b in minute if b.start < start + 5 and b.end > start})
            for minute in bouts
            for start in range(0, 60, 5)
        ]
    )
    snr = [bout.snr_db for minute in bouts for bout in minute]

    assert 0.1 < (callers == 0).mean() < 0.7
    assert (callers > 1).mean() > 0.05
    assert min(snr) < 6
    assert max(snr) > 15


def test_too_few_soundscapes_for_the_sites_are_refused_with_the_way_out() -> None:
    with pytest.raises(WrongUse, match=r"5 soundscapes for 4 sites.*set soundscapes to 8 or more"):
        plan_soundscapes(Reserve(soundscapes=5, sites=4))


# --- the truth of the SNR


def band_power(samples: NDArray[np.float32], low: float, high: float) -> float:
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / RATE)
    return float(spectrum[(frequencies >= low) & (frequencies <= high)].sum())


@pytest.mark.parametrize("decibels", [-5, 0, 20])
def test_a_call_is_added_at_the_snr_that_is_asked_for(decibels: float) -> None:
    """Held against powers measured another way: over the whole signal, in a band that is known beforehand."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.01, 5 * RATE).astype(np.float32)
    spectrum = np.fft.rfft(rng.normal(0, 1, 2 * RATE))
    frequencies = np.fft.rfftfreq(2 * RATE, 1 / RATE)
    spectrum[(frequencies < 2000) | (frequencies > 4000)] = 0
    call = np.fft.irfft(spectrum).astype(np.float32)
    scene = noise.copy()

    mix.add(scene, noise, call, RATE, decibels)

    added, around = (scene - noise)[RATE : 3 * RATE], noise[RATE : 3 * RATE]
    ratio = 10 * np.log10(band_power(added, 2000, 4000) / band_power(around, 2000, 4000))
    assert ratio == pytest.approx(decibels, abs=0.7)


def test_a_recording_stands_out_of_its_background_by_as_much_as_its_snr_says(
    demo_recordings: list[Recording],
) -> None:
    """The species' band is louder when it calls than when it does not."""
    songbird = next(r for r in demo_recordings if r.species.code == "bir001" and r.secondary is None)
    pitches = [s.pitch * songbird.species.repertoire.pitch for s in songbird.species.repertoire.phrase]

    def contrast(snr_db: float) -> float:
        samples = render_recording(dataclasses.replace(songbird, snr_db=snr_db))
        frames = samples[: len(samples) // 640 * 640].reshape(-1, 640)
        powers = [band_power(frame, 0.7 * min(pitches), 1.4 * max(pitches)) for frame in frames]
        loud, quiet = np.percentile(powers, [97, 10])
        return float(10 * np.log10(loud / quiet))

    faint, middling, near = contrast(0), contrast(10), contrast(20)

    assert faint < middling < near
    assert near - middling == pytest.approx(10, abs=3)


# --- Ogg


def crc_by_the_book(page: bytes) -> int:
    """RFC 3533, bit by bit: generator polynomial 0x04c11db7, nothing inverted, nothing mirrored."""
    register = 0
    for byte in page:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1 ^ (0x04C11DB7 if register & 0x80000000 else 0)) & 0xFFFFFFFF
    return register


def test_every_page_carries_our_serial_number_and_a_valid_checksum() -> None:
    file = ogg.encode((np.sin(np.arange(RATE) / 10) / 2).astype(np.float32))

    pages = list(ogg.pages(file))
    assert len(pages) > 2
    for start, end in pages:
        page = file[start:end]
        assert page[:4] == b"OggS"
        assert int.from_bytes(page[14:18], "little") == ogg.OUR_SERIAL
        bare = page[:22] + bytes(4) + page[26:]
        assert int.from_bytes(page[22:26], "little") == crc_by_the_book(bare)


def test_settling_changes_nothing_that_is_heard(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    drawn, settled = tmp_path / "drawn.ogg", tmp_path / "settled.ogg"
    soundfile.write(drawn, samples, RATE, format="OGG", subtype="VORBIS")

    settled.write_bytes(ogg.settle(drawn.read_bytes()))

    np.testing.assert_array_equal(soundfile.read(drawn)[0], soundfile.read(settled)[0])
