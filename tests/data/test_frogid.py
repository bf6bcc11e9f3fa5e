"""FrogID: fifteen frogs and all others, from a table of what experts heard."""

import csv
import random
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from silencio.data.delivery import DELIVERED, Delivery
from silencio.data.readers import frogid, read
from silencio.errors import WrongUse
from silencio.settings import Data, FrogId

Row = dict[str, str]

COLUMNS = (
    *("id", "call_audio", "quality_call", "state", "capture_time", "lat", "lng", "user_id"),
    *("validated_frog_ids", "validated_frog_names", "is_duplicate", "inappropriate_content"),
    *("has_people_activity", "validator_note_public", "validated_status"),
)


def row(id: int | str, frogs: str = "['Crinia signifera']", **columns: str) -> Row:
    return {
        "id": str(id),
        "call_audio": f"https://frogs.example/{id}.m4a",
        "quality_call": "True",
        "state": "NSW",
        "capture_time": "2021-10-03T19:42:10+11:00",
        "lat": "-33.87",
        "lng": "151.21",
        "user_id": "u1",
        "validated_frog_ids": "[1]",
        "validated_frog_names": frogs,
        "is_duplicate": "False",
        "inappropriate_content": "False",
        "has_people_activity": "False",
        "validator_note_public": 'Lovely, "clear" call',
        "validated_status": "published",
    } | columns


def export(root: Path, rows: Iterable[Row], columns: Iterable[str] = COLUMNS) -> Path:
    root.mkdir(exist_ok=True)
    with (root / "20250317.csv").open("w", newline="") as stream:
        table = csv.DictWriter(stream, list(columns), extrasaction="ignore")
        table.writeheader()
        table.writerows(rows)
    return root


def delivery(root: Path, **options: object) -> Delivery:
    return read(Data(source="frogid", path=root, frogid=FrogId.model_validate(options)), root)


def ids(found: Delivery) -> list[str]:
    return found.recordings["source"].to_list()


def test_a_row_says_where_its_recording_lies_and_what_is_known_of_it(tmp_path: Path) -> None:
    found = delivery(export(tmp_path, [row(7)]))

    (recording,) = found.recordings.to_dicts()
    assert found.recordings.schema == DELIVERED
    assert {name: value for name, value in recording.items() if value is not None} == {
        "path": "audio/7.wav",
        "labelled": "whole",
        "primary_label": "crinia_signifera",
        "secondary_labels": [],
        "recordist": "u1",
        "source": "7",
        "recorded_at": datetime(2021, 10, 3, 19, 42, 10),
        "latitude": -33.87,
        "longitude": 151.21,
        "collection": "FrogID",
    }
    assert found.left_out == {}


def test_fifteen_targets_are_the_first_classes_and_every_other_frog_is_the_last(tmp_path: Path) -> None:
    frogs = ["Rhinella marina", "Litoria ridibunda", "Adelotus brevis", "Litoria aurea"]

    found = delivery(export(tmp_path, [row(n, f"['{frog}']") for n, frog in enumerate(frogs)]))

    codes = [species.code for species in found.species]
    assert len(codes) == 16
    assert [codes.index(label) for label in found.recordings["primary_label"]] == [0, 14, 15, 15]


def test_other_targets_are_classes_in_the_order_that_names_them(tmp_path: Path) -> None:
    root = export(tmp_path, [row(1), row(2, "['Litoria aurea']"), row(3, "['Litoria fallax']")])

    found = delivery(root, targets=["litoria  aurea", "Crinia signifera"])

    assert [s.scientific_name for s in found.species] == ["Litoria aurea", "Crinia signifera", "Anura"]
    assert found.recordings["primary_label"].to_list() == ["crinia_signifera", "litoria_aurea", "other"]


def test_a_target_that_nobody_recorded_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"Crinia signifer, which .* Did you mean Crinia signifera\?"):
        delivery(export(tmp_path, [row(1)]), targets=["Crinia signifer"])


def test_a_target_named_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="names a species twice"):
        delivery(export(tmp_path, [row(1)]), targets=["Crinia signifera", "crinia signifera"])


FILTERS = {
    "a duplicate": {"is_duplicate": "True"},
    "inappropriate content": {"inappropriate_content": "true"},
    "people are heard": {"has_people_activity": "1"},
    "poor quality": {"quality_call": "False"},
    "more than one species": {"validated_frog_names": "['Crinia signifera', 'Litoria fallax']"},
    "no species named": {"validated_frog_names": "[]"},
    "not published": {"validated_status": "draft"},
    "no address of its audio": {"call_audio": "/home/frogs/2.m4a"},
    "a flag that is neither true nor false": {"is_duplicate": "perhaps"},
    "no id that a file can be called by": {"id": "../2"},
}


@pytest.mark.parametrize(("reason", "columns"), FILTERS.items(), ids=FILTERS)
def test_what_is_not_to_be_trained_on_is_left_out_and_counted(
    tmp_path: Path, reason: str, columns: Row
) -> None:
    found = delivery(export(tmp_path, [row(1), row(2) | columns, row(3)]))

    assert ids(found) == ["1", "3"]
    assert found.left_out == {reason: 1}


def test_every_row_is_counted_once(tmp_path: Path) -> None:
    rows = [row(n) | columns for n, columns in enumerate([*FILTERS.values(), {}])]
    everything = {name: value for columns in FILTERS.values() for name, value in columns.items()}

    found = delivery(export(tmp_path, [*rows, row("worst") | everything, rows[0]]))

    assert sum(found.left_out.values()) == len(rows) + 1
    assert found.left_out["the same row again"] == 1


def test_the_same_audio_under_two_ids_is_a_duplicate(tmp_path: Path) -> None:
    same = {"call_audio": "https://frogs.example/one.m4a"}

    found = delivery(export(tmp_path, [row(2) | same, row(1) | same]))

    assert ids(found) == ["1"]
    assert found.left_out == {"a duplicate": 1}


def test_a_flag_that_nobody_set_is_no_objection(tmp_path: Path) -> None:
    unset = dict.fromkeys(("quality_call", "is_duplicate", "has_people_activity"), "")

    assert ids(delivery(export(tmp_path, [row(1) | unset]))) == ["1"]


@pytest.mark.parametrize("names", ["Crinia signifera", "['crinia  signifera']", '["Crinia signifera"]'])
def test_names_are_read_however_the_list_is_written(tmp_path: Path, names: str) -> None:
    assert delivery(export(tmp_path, [row(1, names)])).recordings["primary_label"][0] == "crinia_signifera"


def test_several_rows_of_one_event_say_together_what_calls_in_it(tmp_path: Path) -> None:
    """As the public release has them."""
    renamed = {
        "id": "eventID",
        "call_audio": "associatedMedia",
        "validated_frog_names": "scientificName",
        "capture_time": "eventDate",
        "lat": "decimalLatitude",
        "lng": "decimalLongitude",
        "user_id": "recordedBy",
    }
    rows = [row(1, "Crinia signifera"), row(2, "Crinia signifera"), row(2, "Litoria fallax")]
    darwin = [
        {renamed.get(name, name): value for name, value in one.items()}
        | {"eventDate": "2023-01-09", "eventTime": "21:05:00+10:30"}
        for one in rows
    ]

    found = delivery(export(tmp_path, darwin, darwin[0]))

    assert ids(found) == ["1"]
    assert found.left_out == {"more than one species": 1}
    (recording,) = found.recordings.to_dicts()
    assert recording["recorded_at"] == datetime(2023, 1, 9, 21, 5)
    assert (recording["latitude"], recording["recordist"]) == (-33.87, "u1")


@pytest.mark.parametrize("spelled", [str.upper, str.title, lambda name: name.replace("_", " ")])
def test_case_and_underscores_of_a_column_make_no_difference(tmp_path: Path, spelled: object) -> None:
    assert callable(spelled)
    rows = [{spelled(name): value for name, value in row(1).items()}]

    assert ids(delivery(export(tmp_path, rows, rows[0]))) == ["1"]


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"capture_time": "no idea"}, "recorded_at"),
        ({"capture_time": "2021-10-03"}, "recorded_at"),
        ({"capture_time": "2021-13-03 10:00:00"}, "recorded_at"),
        ({"lat": "91"}, "latitude"),
        ({"lng": "east"}, "longitude"),
        ({"user_id": " "}, "recordist"),
    ],
)
def test_what_makes_no_sense_is_not_known(tmp_path: Path, columns: Row, name: str) -> None:
    assert delivery(export(tmp_path, [row(1) | columns])).recordings[name].to_list() == [None]


def test_a_row_with_too_many_fields_costs_no_other(tmp_path: Path) -> None:
    root = export(tmp_path, [row(1), row(2)])
    with (root / "20250317.csv").open("a") as stream:
        stream.write("3,oops,https://frogs.example/3.m4a" + ",x" * 20 + "\n")

    assert ids(delivery(root)) == ["1", "2"]


def test_columns_that_are_missing_are_named_with_those_that_are_there(tmp_path: Path) -> None:
    few = [name for name in COLUMNS if name not in ("call_audio", "is_duplicate")]

    with pytest.raises(
        WrongUse,
        match=r"no column call_audio or audio_url .*; no column is_duplicate .* It has id, quality_call",
    ):
        delivery(export(tmp_path, [row(1)], few))


def test_a_folder_with_no_table_or_two_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"should hold one CSV; found: none"):
        delivery(tmp_path)

    export(tmp_path, [row(1)])
    (tmp_path / "20240101.CSV").write_text("id\n")
    with pytest.raises(WrongUse, match=r"found: 20240101.CSV, 20250317.csv"):
        delivery(tmp_path)


def test_of_each_class_at_most_so_many_are_taken(tmp_path: Path) -> None:
    many = [row(f"a{n}") for n in range(9)] + [row("b1", "['Litoria fallax']")]

    found = delivery(export(tmp_path, many), per_class=4)

    assert Counter(found.recordings["primary_label"]) == {"crinia_signifera": 4, "litoria_fallax": 1}
    assert found.left_out == {"more than 4 of its class": 5}


def test_the_others_are_of_all_species_alike(tmp_path: Path) -> None:
    common = [row(f"a{n}", "['Litoria aurea']") for n in range(50)]
    rare = [row(f"b{n}", "['Adelotus brevis']") for n in range(3)]

    found = delivery(export(tmp_path, [*common, *rare]), per_class=7)

    assert Counter(name[0] for name in ids(found)) == {"a": 4, "b": 3}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), per_class=st.integers(1, 12))
def test_who_is_taken_depends_on_neither_order_nor_luck(tmp_path: Path, seed: int, per_class: int) -> None:
    rows = [row(n, f"['{list(frogid.TARGETS)[n % 3]}']") for n in range(30)]
    rows += [row(3) | {"lat": "-20", "user_id": "u9"}, row(3, "[]") | {"capture_time": "2020-01-01 10:00"}]
    shuffled = random.Random(seed).sample(rows, len(rows))

    first = delivery(export(tmp_path / "first", rows), per_class=per_class)
    second = delivery(export(tmp_path / "second", shuffled), per_class=per_class)

    assert first.recordings.equals(second.recordings)
    assert first.left_out == second.left_out


def test_who_is_taken_of_few_is_taken_of_more(tmp_path: Path) -> None:
    root = export(tmp_path, [row(n) for n in range(40)])

    taken = [set(ids(delivery(root, per_class=count))) for count in (5, 10, 20)]

    assert taken[0] < taken[1] < taken[2]


def test_each_recording_that_is_taken_has_its_address(tmp_path: Path) -> None:
    root = export(tmp_path, [row(1), row(2, "[]"), row(3)])

    assert frogid.addresses(root, Data(source="frogid", path=root)) == {
        "1": "https://frogs.example/1.m4a",
        "3": "https://frogs.example/3.m4a",
    }
