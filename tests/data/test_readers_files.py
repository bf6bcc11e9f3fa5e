"""Folders of recordings whose names say what they are: digits, classes by folder, soundscapes."""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from silencio.data import readers
from silencio.data.catalog import Catalog
from silencio.data.delivery import Delivery
from silencio.data.ingest.make import ingest
from silencio.data.species import Species
from silencio.errors import WrongUse
from silencio.settings import Data, Experiment
from silencio.workspace import Workspace
from tests.data.conftest import sound

ESC10 = r"(?P<fold>\d)-(?P<source>\d+)-"


def data(root: Path, source: str, pattern: str | None = None, share: float = 0.2) -> Data:
    return Data.model_validate(
        {"source": source, "path": root, "pattern": pattern, "quarantine_share": share}
    )


def read(root: Path, source: str, pattern: str | None = None) -> Delivery:
    return readers.read(data(root, source, pattern), root)


def put(root: Path, *names: str) -> None:
    for seed, name in enumerate(names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sound(0.5, seed=seed, format=path.suffix[1:].upper()))


def told(delivery: Delivery, *columns: str) -> list[tuple[object, ...]]:
    return delivery.recordings.select("path", *columns).rows()


def test_digits_say_who_spoke_them_whether_in_one_folder_or_in_many(tmp_path: Path) -> None:
    put(tmp_path, "0_george_0.wav", "data/01/7_01_49.wav")

    delivery = read(tmp_path, "digits")

    assert told(delivery, "labelled", "primary_label", "recordist") == [
        ("0_george_0.wav", "whole", "0", "george"),
        ("data/01/7_01_49.wav", "whole", "7", "01"),
    ]
    assert delivery.species == (Species("0", "zero", "", ""), Species("7", "seven", "", ""))


def test_a_folder_is_a_class(tmp_path: Path) -> None:
    put(tmp_path, "dog/a.ogg", "rain/deep/rooster/b.ogg")

    delivery = read(tmp_path, "folders")

    assert told(delivery, "primary_label") == [("dog/a.ogg", "dog"), ("rain/deep/rooster/b.ogg", "rooster")]
    assert [species.code for species in delivery.species] == ["dog", "rooster"]


def test_folds_and_sources_are_read_where_a_pattern_says_so(tmp_path: Path) -> None:
    put(tmp_path, "dog/1-100032-A.ogg", "rain/5-17367-B.ogg")

    assert told(read(tmp_path, "folders", ESC10), "primary_label", "fold", "source") == [
        ("dog/1-100032-A.ogg", "dog", 1, "100032"),
        ("rain/5-17367-B.ogg", "rain", 5, "17367"),
    ]
    assert told(read(tmp_path, "folders"), "fold", "source")[0] == ("dog/1-100032-A.ogg", None, None)


def test_a_pattern_may_name_the_class_itself(tmp_path: Path) -> None:
    put(tmp_path, "all/boana_Ana_20240301T0530.wav")

    pattern = r"(?P<label>[a-z]+)_(?P<recordist>\w+)_(?P<time>\w+)\."

    assert told(read(tmp_path, "folders", pattern), "primary_label", "recordist", "recorded_at") == [
        ("all/boana_Ana_20240301T0530.wav", "boana", "Ana", datetime(2024, 3, 1, 5, 30))
    ]


def test_a_soundscape_says_which_recorder_heard_it_and_when(tmp_path: Path) -> None:
    put(tmp_path, "S4A03895_20190522_001500.wav", "20190522_003000.WAV", "A_B_20199922_001500.wav")

    delivery = read(tmp_path, "soundscapes")

    assert told(delivery, "labelled", "recordist", "recorded_at") == [
        ("20190522_003000.WAV", "none", None, datetime(2019, 5, 22, 0, 30)),
        ("A_B_20199922_001500.wav", "none", "A_B", None),
        ("S4A03895_20190522_001500.wav", "none", "S4A03895", datetime(2019, 5, 22, 0, 15)),
    ]
    assert delivery.species == ()


def test_a_taxonomy_beside_them_gives_the_classes_their_names(tmp_path: Path, workspace: Workspace) -> None:
    put(tmp_path, "data/dog/a.ogg", "data/dog/b.ogg", "data/dog/c.ogg", "data/cat/d.ogg")
    root = tmp_path / "data"
    (root / "taxonomy.csv").write_text(
        "primary_label,scientific_name,common_name,class_name\ndog,Canis,Dog,Mammalia\nfox,Vulpes,Fox,Mammalia\n"
    )

    catalog = Catalog.open(
        ingest(Experiment(name="mine", data=data(root, "folders", share=0.5)), workspace, None)
    )

    assert catalog.species == (
        Species("dog", "Dog", "Canis", "Mammalia"),
        Species("fox", "Fox", "Vulpes", "Mammalia"),
    )
    assert catalog.quarantine.rows() == [("release/cat/d.ogg", "cat is not in the taxonomy")]


def test_only_recordings_are_read_and_nothing_that_is_hidden(tmp_path: Path) -> None:
    put(tmp_path, "dog/a.ogg", "dog/._a.ogg", ".trash/dog/b.ogg")
    (tmp_path / "README.md").write_text("CC BY")
    (tmp_path / "dog/labels.csv").write_text("a")

    assert told(read(tmp_path, "folders")) == [("dog/a.ogg",)]


def test_links_are_followed_but_not_for_ever(tmp_path: Path) -> None:
    put(tmp_path, "elsewhere/dog/a.ogg", "data/cat/b.ogg")
    (tmp_path / "data/dog").symlink_to(tmp_path / "elsewhere/dog")
    (tmp_path / "data/cat/up").symlink_to(tmp_path / "data")

    assert told(read(tmp_path / "data", "folders")) == [("cat/b.ogg",), ("dog/a.ogg",)]


def test_a_name_that_does_not_follow_the_pattern_is_put_aside(tmp_path: Path, workspace: Workspace) -> None:
    root = tmp_path / "data"
    put(root, *(f"{number}_ana_0.wav" for number in range(9)), "zero_ana_0.wav")

    catalog = Catalog.open(ingest(Experiment(name="mine", data=data(root, "digits")), workspace, None))

    assert catalog.quarantine.rows() == [
        ("release/zero_ana_0.wav", "its name does not follow the pattern of its data set")
    ]
    assert len(catalog.recordings) == 9


def test_a_fold_that_is_no_number_does_not_follow_the_pattern(tmp_path: Path) -> None:
    put(tmp_path, "dog/x-1-A.ogg")

    assert told(read(tmp_path, "folders", r"(?P<fold>.)-"), "labelled", "fold") == [
        ("dog/x-1-A.ogg", None, None)
    ]


def test_a_recording_beside_the_folders_has_no_class(tmp_path: Path, workspace: Workspace) -> None:
    root = tmp_path / "data"
    put(root, "a.ogg", *(f"dog/{n}.ogg" for n in range(5)))

    catalog = Catalog.open(ingest(Experiment(name="mine", data=data(root, "folders")), workspace, None))

    assert catalog.quarantine.rows() == [("release/a.ogg", "nobody says what calls in it")]


def test_the_name_is_read_from_its_beginning(tmp_path: Path) -> None:
    put(tmp_path, "dog/take 1-100032-A.ogg")

    assert told(read(tmp_path, "folders", ESC10), "labelled") == [("dog/take 1-100032-A.ogg", None)]


@pytest.mark.parametrize(
    ("source", "pattern", "problem"),
    [
        ("folders", "(?P<fold>", "is no regular expression"),
        ("folders", r"(?P<take>\d)", "names the group take"),
        ("digits", r"(?P<recordist>\w)", "names no group label"),
        ("soundscapes", r"(?P<label>\w)", "soundscapes are unlabelled"),
        ("birdclef2025", r"(?P<label>\w)", "names of birdclef2025 are read by its own rules"),
    ],
)
def test_a_pattern_that_cannot_be_meant_is_refused(
    tmp_path: Path, source: str, pattern: str, problem: str
) -> None:
    put(tmp_path, "dog/1-1-A.ogg")

    with pytest.raises(WrongUse, match=problem):
        read(tmp_path, source, pattern)


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("soon")

    with pytest.raises(WrongUse, match="holds no recordings"):
        read(tmp_path, "folders")


def test_a_path_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="which is no folder"):
        read(tmp_path / "nowhere", "folders")


def test_every_row_has_the_columns_of_a_delivery(tmp_path: Path) -> None:
    put(tmp_path, "dog/a.ogg")

    recordings = read(tmp_path, "folders").recordings

    assert recordings.schema["recorded_at"] == pl.Datetime("us")
    assert recordings.schema["fold"] == pl.Int32()
