"""BirdCLEF's layout: what is read of it, as Kaggle delivers it and with the tables that the reserve adds."""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from silencio.data import birdclef
from silencio.data.catalog import ANNOTATIONS
from silencio.data.species import Species
from silencio.errors import WrongUse
from tests.data.conftest import Release


def test_a_clip_is_read_with_all_that_its_row_says(release: Release) -> None:
    clip = birdclef.read(release.root).clips.row(0, named=True)

    assert clip == {
        "path": "train_audio/barant/XC0.ogg",
        "primary_label": "barant",
        "secondary_labels": [],
        "group": "recordist:Recordist 0",
        "recorded_at": None,
        "latitude": 6.1,
        "longitude": None,
        "snr_db": None,
        "quality": 4.5,
        "licence": "cc0",
    }


def test_species_come_in_the_order_of_their_codes(release: Release) -> None:
    species = birdclef.read(release.root).species

    assert species[0] == Species("barant", "Barant", "S. barant", "Aves")
    assert [s.code for s in species] == ["barant", "comfro", "crick1"]


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("['']", []),
        ("[]", []),
        (None, []),
        ("['crick1']", ["crick1"]),
        ("['crick1', 'comfro']", ["comfro", "crick1"]),
        ('["comfro"]', ["comfro"]),
        ("['comfro', '', 'comfro']", ["comfro"]),
        ("[1139490, '24']", ["1139490", "24"]),
    ],
)
def test_secondary_labels_are_read_as_the_release_writes_them(
    release: Release, text: str | None, labels: list[str]
) -> None:
    release.clip("XC99", secondary_labels=text)

    assert birdclef.read(release.root).clips["secondary_labels"].to_list()[-1] == labels


@pytest.mark.parametrize(
    "text", ["comfro crick1", "comfro", "['comfro'", "{'comfro': 1}", "__import__('os')"]
)
def test_secondary_labels_that_are_no_list_are_refused_as_they_stand(release: Release, text: str) -> None:
    release.clip("XC99", secondary_labels=text)

    with pytest.raises(WrongUse, match="as secondary_labels") as refused:
        birdclef.read(release.root)
    assert repr(text) in refused.value.problem


def test_clips_of_nobody_known_are_one_group(release: Release) -> None:
    release.clip("XC98", author=None)
    release.clip("XC99", author=None)

    assert birdclef.read(release.root).clips["group"].to_list()[-2:] == ["recordist:unknown"] * 2


def test_conditions_are_joined_where_they_lie_beside_the_clips(release: Release) -> None:
    release.conditions({"comfro/XC1.ogg": ("2024-03-01T05:30:00", 12.5)})

    clips = birdclef.read(release.root).clips.sort("path")

    known = clips.row(by_predicate=pl.col("path") == "train_audio/comfro/XC1.ogg", named=True)
    assert (known["recorded_at"], known["snr_db"]) == (datetime(2024, 3, 1, 5, 30), 12.5)
    assert clips["recorded_at"].null_count() == clips["snr_db"].null_count() == len(clips) - 1
    assert len(clips) == 12


def test_a_soundscapes_name_says_where_and_when(release: Release) -> None:
    soundscapes = birdclef.read(release.root).soundscapes

    assert soundscapes.to_dicts() == [
        {
            "path": "train_soundscapes/A01_20240301_050000.ogg",
            "group": "site:A01",
            "recorded_at": datetime(2024, 3, 1, 5),
        },
        {
            "path": "train_soundscapes/B02_20240301_210000.ogg",
            "group": "site:B02",
            "recorded_at": datetime(2024, 3, 1, 21),
        },
    ]


@pytest.mark.parametrize(
    ("name", "group"), [("noname.ogg", "site:unknown"), ("C03_20249999_999999.ogg", "site:C03")]
)
def test_a_soundscape_whose_name_says_no_more_is_still_read(release: Release, name: str, group: str) -> None:
    release.soundscape(name)

    row = birdclef.read(release.root).soundscapes.row(
        by_predicate=pl.col("path") == f"train_soundscapes/{name}", named=True
    )
    assert (row["group"], row["recorded_at"]) == (group, None)


def test_calls_are_read_with_their_times(release: Release) -> None:
    annotations = birdclef.read(release.root).annotations

    assert annotations.schema == ANNOTATIONS
    assert annotations.row(0, named=True) == {
        "recording": "train_soundscapes/A01_20240301_050000.ogg",
        "start": 1.0,
        "end": 4.0,
        "label": "barant",
        "snr_db": 11.0,
    }


def test_calls_in_a_soundscape_that_is_not_there_are_left_out(release: Release) -> None:
    (release.root / "train_soundscapes/B02_20240301_210000.ogg").unlink()

    assert birdclef.read(release.root).annotations["label"].to_list() == ["barant", "crick1"]


def test_soundscapes_that_nobody_labelled_are_not_taken_for_silence(release: Release) -> None:
    (release.root / "train_soundscapes_labels.csv").unlink()

    delivery = birdclef.read(release.root)

    assert delivery.soundscapes.is_empty()
    assert delivery.annotations.is_empty()
    assert len(delivery.clips) == 12


def test_a_release_without_soundscapes_has_its_clips(tmp_path: Path) -> None:
    release = Release(tmp_path)
    release.clip("XC1")
    (tmp_path / "train_soundscapes_labels.csv").unlink()

    assert len(birdclef.read(tmp_path).clips) == 1


@pytest.mark.parametrize("name", ["train.csv", "taxonomy.csv"])
def test_a_folder_that_is_no_release_is_refused(release: Release, name: str) -> None:
    (release.root / name).unlink()

    with pytest.raises(WrongUse, match=f"{release.root} holds no {name}"):
        birdclef.read(release.root)


@pytest.mark.parametrize(
    ("name", "column"),
    [("train.csv", "author"), ("taxonomy.csv", "class_name"), ("train_soundscapes_labels.csv", "end")],
)
def test_a_table_that_lacks_a_column_is_refused_and_the_column_named(
    release: Release, name: str, column: str
) -> None:
    path = release.root / name
    pl.read_csv(path, infer_schema=False).drop(column).write_csv(path)

    with pytest.raises(WrongUse, match=f"{name} has no column {column}"):
        birdclef.read(release.root)
