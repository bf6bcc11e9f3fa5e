"""What the data report is put together from: samples, pictures, histograms, the map, pairs of callers."""

import io
import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from silencio.audio import LogMel, load
from silencio.data.catalog import ANNOTATIONS, QUARANTINE, RECORDINGS, Catalog
from silencio.data.report.bins import histogram
from silencio.data.report.choose import MANY, choose, each
from silencio.data.report.company import together
from silencio.data.report.excerpt import LARGE, excerpt
from silencio.data.report.material import Material
from silencio.data.report.places import frame_around
from silencio.data.report.png import png
from tests.data.reported import BIRD, FROG, FRONT_END, RATE, catalog_of, recording, tone

CALLS = ((0.1, "bird", 3.0), (0.6, "bird", 9.0), (0.5, "frog", 1.0))
"""Start, species, SNR."""


@given(st.integers(0, 2000))
def test_few_species_get_several_samples_and_many_one(species: int) -> None:
    assert each(species) >= 1
    assert each(species) * min(species, MANY) <= MANY


def test_samples_are_of_different_groups_and_the_best_rated(tmp_path: Path) -> None:
    rows = [recording(f"{n}.wav", quality=float(n % 5), group=f"g{n % 3}") for n in range(30)]
    chosen = [one.recording for one in choose(Material(catalog_of(tmp_path, rows, (BIRD,))))]
    assert {row["group"] for row in chosen} == {"g0", "g1", "g2"}
    assert {row["quality"] for row in chosen} == {4.0}


def test_a_call_in_a_soundscape_is_shown_where_it_is_clearest(tmp_path: Path) -> None:
    rows = [recording("S01.wav", None, labelled="timed", part="test")]
    calls = [("release/S01.wav", start, start + 0.3, label, snr) for start, label, snr in CALLS]
    material = Material(catalog_of(tmp_path, rows, (BIRD, FROG), annotations=calls))
    assert [(one.label, one.start) for one in choose(material)] == [
        ("bird", 0.6),
        ("frog", 0.5),
        (None, None),
    ]


def test_an_excerpt_is_a_picture_and_a_sound_of_the_same_seconds(tmp_path: Path) -> None:
    path = tone(tmp_path / "a.wav", 2000, seconds=3)
    seen = excerpt(path, LogMel(FRONT_END), LARGE, start=1.3)
    assert (seen.start, seen.seconds) == (1.0, 1.0)
    assert seen.picture.shape[0] == FRONT_END.n_mels
    assert np.nanargmax(seen.picture.mean(axis=1)) < FRONT_END.n_mels / 2  # 2 kHz, drawn high up
    heard = load(seen.sound, RATE)
    assert len(heard) / RATE == pytest.approx(seen.seconds, abs=0.2)
    assert max(seen.wave) == 100


def test_silence_is_drawn(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros(2 * RATE), RATE)
    seen = excerpt(tmp_path / "silence.wav", LogMel(FRONT_END), LARGE)
    assert np.isfinite(seen.picture).all()
    assert max(seen.wave) == 0


def test_a_picture_holds_its_levels_and_leaves_gaps_transparent() -> None:
    picture = np.array([[0.0, 0.5, 1.0], [np.nan, 1.0, 0.0]])
    image = np.asarray(Image.open(io.BytesIO(png(picture))).convert("RGBA")).astype(int)
    assert image.shape == (2, 3, 4)
    brightness = image[0, :, :3].sum(axis=1)
    assert (np.diff(brightness) > 0).all()
    assert image[1, 0, 3] == 0


@given(st.lists(st.floats(-1e4, 1e4, allow_subnormal=False), min_size=1, max_size=60))
def test_a_histogram_counts_every_value_once(values: list[float]) -> None:
    html = histogram(pl.Series("x", values, pl.Float64), "Values", "dB", "a value")
    counted = re.findall(r": ([\d,]+) recordings?</title>", html)
    assert sum(int(number.replace(",", "")) for number in counted) == len(values) or len(set(values)) == 1


@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=20))
def test_the_map_holds_every_position(positions: list[tuple[float, float]]) -> None:
    frame = frame_around([x for x, _ in positions], [y for _, y in positions])
    for longitude, latitude in positions:
        assert 0 <= frame.across(longitude) <= 100
        assert 0 <= frame.down(latitude) <= 100
    assert frame.width <= 360


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5), st.sampled_from("abc")), max_size=12))
def test_calls_that_overlap_are_counted_as_pairs(calls: list[tuple[int, int, str]]) -> None:
    rows = [("x", float(start), float(start + length), label, None) for start, length, label in calls]
    catalog = Catalog(
        RECORDINGS.to_frame(), pl.DataFrame(rows, ANNOTATIONS, orient="row"), (), QUARANTINE.to_frame(), {}
    )
    overlapping = Counter(
        (min(a[3], b[3]), max(a[3], b[3]))
        for a, b in combinations(rows, 2)
        if a[3] != b[3] and a[1] < b[2] and b[1] < a[2]
    )
    assert together(Material(catalog)) == overlapping
