"""BirdCLEF 2025: what is read of it, as Kaggle delivers it and with the tables that may lie beside it."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from silencio.data import readers
from silencio.data.catalog import ANNOTATIONS
from silencio.data.delivery import DELIVERED, Delivery
from silencio.data.species import Species
from silencio.errors import WrongUse
from silencio.settings import Data
from tests.data.conftest import Release


def read(root: Path, unlabelled: bool = False) -> Delivery:
    return readers.read(Data(source="birdclef2025", path=root, unlabelled=unlabelled), root)


def row_of(delivery: Delivery, path: str) -> dict[str, Any]:
    return delivery.recordings.row(by_predicate=pl.col("path") == path, named=True)


def soundscapes(delivery: Delivery) -> pl.DataFrame:
    return delivery.recordings.filter(pl.col("path").str.starts_with("train_soundscapes/"))


def test_a_clip_is_read_with_all_that_its_row_says(release: Release) -> None:
    clip = read(release.root).recordings.row(0, named=True)

    assert {name: value for name, value in clip.items() if value is not None} == {
        "path": "train_audio/barant/XC0.ogg",
        "labelled": "whole",
        "primary_label": "barant",
        "secondary_labels": [],
        "recordist": "Recordist 0",
        "latitude": 6.1,
        "quality": 4.5,
        "collection": "XC",
        "licence": "cc0",
    }
    assert list(clip) == DELIVERED.names()


def test_species_come_in_the_order_of_their_codes(release: Release) -> None:
    species = read(release.root).species

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

    assert row_of(read(release.root), "train_audio/barant/XC99.ogg")["secondary_labels"] == labels


@pytest.mark.parametrize(
    "text", ["comfro crick1", "comfro", "['comfro'", "{'comfro': 1}", "__import__('os')"]
)
def test_secondary_labels_that_are_no_list_are_none_and_told_of(
    release: Release, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    release.clip("XC99", secondary_labels=text)

    assert row_of(read(release.root), "train_audio/barant/XC99.ogg")["secondary_labels"] == []
    assert "1 cells of secondary_labels are no lists" in caplog.text


@pytest.mark.parametrize(
    ("column", "text", "field", "value"),
    [
        ("latitude", "north", "latitude", None),
        ("latitude", "91", "latitude", None),
        ("longitude", "-74,2", "longitude", None),
        ("latitude", "nan", "latitude", None),
        ("longitude", "inf", "longitude", None),
        ("rating", "0", "quality", None),
        ("rating", "good", "quality", None),
        ("author", "  ", "recordist", None),
        ("author", " Ana ", "recordist", "Ana"),
    ],
)
def test_a_cell_that_makes_no_sense_is_left_empty(
    release: Release, column: str, text: str, field: str, value: str | None
) -> None:
    release.clip("XC99", **{column: text})

    assert row_of(read(release.root), "train_audio/barant/XC99.ogg")[field] == value


def test_a_row_that_is_too_long_or_of_another_encoding_costs_no_other_row(release: Release) -> None:
    with (release.root / "train.csv").open("ab") as table:
        table.write(b"barant/XC98.ogg,barant,6.1,,[''],Ren\xe9,4.5,cc0,XC,too,much\n")

    recordings = read(release.root).recordings.filter(labelled="whole")

    assert len(recordings) == 13


def test_a_table_that_is_none_is_refused(release: Release) -> None:
    (release.root / "train.csv").write_text("")

    with pytest.raises(WrongUse, match=r"train\.csv is no table"):
        read(release.root)


def test_conditions_are_joined_where_they_lie_beside_the_clips(release: Release) -> None:
    release.conditions({"comfro/XC1.ogg": ("2024-03-01T05:30:00", 12.5)})

    delivery = read(release.root)

    known = row_of(delivery, "train_audio/comfro/XC1.ogg")
    assert (known["recorded_at"], known["snr_db"]) == (datetime(2024, 3, 1, 5, 30), 12.5)
    clips = delivery.recordings.filter(labelled="whole")
    assert clips["recorded_at"].null_count() == clips["snr_db"].null_count() == len(clips) - 1


def test_of_the_conditions_those_that_are_there_are_taken(release: Release) -> None:
    (release.root / "train_conditions.csv").write_text(
        "filename,night,overlap,colour_db,dialect,weather,recorded_at\n"
        "comfro/XC1.ogg,True,0.25,-3.5,0.5,rain,soon\n"
        "comfro/XC1.ogg,False,0.5,0,0,sun,soon\n"
        "barant/XC0.ogg,perhaps,7,loud,,,\n"
    )

    delivery = read(release.root)

    names = ("night", "overlap", "colour_db", "dialect")
    known, odd = (row_of(delivery, f"train_audio/{f}.ogg") for f in ("comfro/XC1", "barant/XC0"))
    assert [known[name] for name in names] == [True, 0.25, -3.5, 0.5], (
        "of two rows of one file the first counts"
    )
    assert known["recorded_at"] is None
    assert [odd[name] for name in names] == [None] * 4
    assert len(delivery.recordings) == 14


def test_conditions_of_soundscapes_are_joined_as_well(release: Release) -> None:
    (release.root / "train_soundscapes_conditions.csv").write_text(
        "filename,night,colour_db,recorded_at\nB02_20240301_210000.ogg,true,2.5,2024-03-01T21:00:30\n"
    )

    row = row_of(read(release.root), "train_soundscapes/B02_20240301_210000.ogg")

    assert (row["night"], row["colour_db"], row["recorded_at"]) == (
        True,
        2.5,
        datetime(2024, 3, 1, 21, 0, 30),
    )


XENO_CANTO = [
    {"id": "0", "date": "2021-12-11", "time": "06:50", "rec": "Ana"},
    {"id": "XC1", "date": "2021-12-11", "time": "7:15 pm"},
    {"id": 2, "date": "2014-00-00", "time": "06:30"},
    {"id": "3", "date": "2014-05-01", "time": "?"},
    {"id": "77777", "date": "2014-05-01", "time": "05:00"},
]
ANSWERS = {
    "an answer of the API": {"numRecordings": "5", "page": 1, "recordings": XENO_CANTO},
    "its pages": [{"recordings": XENO_CANTO[:2]}, {"recordings": XENO_CANTO[2:]}],
    "a list of recordings": XENO_CANTO,
}


def write_json(root: Path, content: Any) -> None:
    (root / "xeno_canto.json").write_text(json.dumps(content))


def test_clips_from_xeno_canto_are_dated_by_a_table_of_its_own(release: Release) -> None:
    pl.DataFrame(XENO_CANTO, schema=dict.fromkeys(("id", "date", "time"), pl.String), strict=False).write_csv(
        release.root / "xeno_canto.csv"
    )

    assert dated(read(release.root)) == {
        "XC0": datetime(2021, 12, 11, 6, 50),
        "XC1": datetime(2021, 12, 11, 19, 15),
    }


@pytest.mark.parametrize("content", ANSWERS.values(), ids=ANSWERS.keys())
def test_clips_from_xeno_canto_are_dated_by_what_its_api_answered(release: Release, content: Any) -> None:
    write_json(release.root, content)

    assert dated(read(release.root)) == {
        "XC0": datetime(2021, 12, 11, 6, 50),
        "XC1": datetime(2021, 12, 11, 19, 15),
    }


def dated(delivery: Delivery) -> dict[str, datetime]:
    known = delivery.recordings.filter(pl.col("recorded_at").is_not_null(), labelled="whole")
    return {Path(path).stem: at for path, at in known.select("path", "recorded_at").iter_rows()}


def test_what_the_release_says_of_a_time_comes_before_what_xeno_canto_says(release: Release) -> None:
    release.conditions({"barant/XC0.ogg": ("2024-03-01T05:30:00", 12.5)})
    write_json(release.root, XENO_CANTO)

    assert dated(read(release.root)) == {
        "XC0": datetime(2024, 3, 1, 5, 30),
        "XC1": datetime(2021, 12, 11, 19, 15),
    }


def test_an_answer_that_is_no_json_is_refused(release: Release) -> None:
    (release.root / "xeno_canto.json").write_text("<html>")

    with pytest.raises(WrongUse, match=r"xeno_canto\.json is not JSON"):
        read(release.root)


def test_a_soundscapes_name_says_where_and_when(release: Release) -> None:
    found = soundscapes(read(release.root)).select("path", "labelled", "recordist", "recorded_at")

    assert found.rows() == [
        ("train_soundscapes/A01_20240301_050000.ogg", "timed", "A01", datetime(2024, 3, 1, 5)),
        ("train_soundscapes/B02_20240301_210000.ogg", "timed", "B02", datetime(2024, 3, 1, 21)),
    ]


@pytest.mark.parametrize(("name", "site"), [("noname.ogg", None), ("C03_20249999_999999.ogg", "C03")])
def test_a_soundscape_whose_name_says_no_more_is_still_read(
    release: Release, name: str, site: str | None
) -> None:
    release.soundscape(name)

    row = row_of(read(release.root), f"train_soundscapes/{name}")
    assert (row["recordist"], row["recorded_at"]) == (site, None)


def test_calls_are_read_with_their_times(release: Release) -> None:
    annotations = read(release.root).annotations

    assert annotations.schema == ANNOTATIONS
    assert annotations.row(0, named=True) == {
        "recording": "train_soundscapes/A01_20240301_050000.ogg",
        "start": 1.0,
        "end": 4.0,
        "label": "barant",
        "snr_db": 11.0,
    }


def test_soundscapes_that_nobody_labelled_are_not_taken_for_silence(release: Release) -> None:
    (release.root / "train_soundscapes_labels.csv").unlink()

    delivery = read(release.root)

    assert soundscapes(delivery).is_empty()
    assert delivery.annotations.is_empty()
    assert len(delivery.recordings) == 12


def test_soundscapes_that_nobody_labelled_are_taken_in_as_such_where_they_are_asked_for(
    release: Release,
) -> None:
    (release.root / "train_soundscapes_labels.csv").unlink()

    assert soundscapes(read(release.root, unlabelled=True))["labelled"].to_list() == ["none", "none"]


def test_a_release_without_soundscapes_has_its_clips(tmp_path: Path) -> None:
    release = Release(tmp_path)
    release.clip("XC1")
    (tmp_path / "train_soundscapes_labels.csv").unlink()

    assert len(read(tmp_path).recordings) == 1


@pytest.mark.parametrize("name", ["train.csv", "taxonomy.csv"])
def test_a_folder_that_is_no_release_is_refused(release: Release, name: str) -> None:
    (release.root / name).unlink()

    with pytest.raises(WrongUse, match=f"holds no {name}"):
        read(release.root)


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
        read(release.root)
