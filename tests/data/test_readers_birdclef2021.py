"""BirdCLEF 2021, in miniature: what is read of its clips, its soundscapes and their windows."""

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

METADATA = """\
primary_label,secondary_labels,type,latitude,longitude,scientific_name,common_name,author,date,filename,license,rating,time,url
acafly,['amegfi'],"['begging call', 'call']",35.3,-80.9,Empidonax virescens,Acadian Flycatcher,Manuel,2013-05-11,\
XC11.ogg,CC BY-NC-SA 4.0,2.5,07:30,https://www.xeno-canto.org/11
acafly,[],['song'],35.3,-80.9,Empidonax virescens,Acadian Flycatcher,Eva,2013-05-12,XC12.ogg,CC BY 4.0,0.0,?,
amegfi,"['acafly', 'rucwar']",['song'],,,Spinus tristis,American Goldfinch,Eva,2014-00-00,XC21.ogg,CC BY,5.0,06:00,
amegfi,[],['song'],,,Spinus tristis,American Goldfinch,Ada,2015-06-01,XC22.ogg,CC BY 4.0,4.0,6:15pm,
"""
LABELS = """\
row_id,site,audio_id,seconds,birds
7019_COR_5,COR,7019,5,nocall
7019_COR_10,COR,7019,10,acafly amegfi
2782_SSW_5,SSW,2782,5,amegfi
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "birdclef-2021"
    (root / "train_soundscapes").mkdir(parents=True)
    (root / "train_metadata.csv").write_text(METADATA)
    (root / "train_soundscape_labels.csv").write_text(LABELS)
    for seed, name in enumerate(("acafly/XC11", "acafly/XC12", "amegfi/XC21", "amegfi/XC22")):
        path = root / f"train_short_audio/{name}.ogg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sound(seed=seed))
    for seed, name in enumerate(("7019_COR_20190904", "2782_SSW_20170701", "9999_COR_20190905")):
        (root / f"train_soundscapes/{name}.ogg").write_bytes(sound(10.0, seed=10 + seed))
    return root


def settings(root: Path, unlabelled: bool = False) -> Data:
    return Data(source="birdclef2021", path=root, unlabelled=unlabelled)


def read(root: Path, unlabelled: bool = False) -> Delivery:
    return readers.read(settings(root, unlabelled), root)


def test_a_clip_is_read_with_all_that_its_row_says(root: Path) -> None:
    clip = read(root).recordings.row(0, named=True)

    assert {name: value for name, value in clip.items() if value is not None} == {
        "path": "train_short_audio/acafly/XC11.ogg",
        "labelled": "whole",
        "primary_label": "acafly",
        "secondary_labels": ["amegfi"],
        "recordist": "Manuel",
        "recorded_at": datetime(2013, 5, 11, 7, 30),
        "latitude": 35.3,
        "longitude": -80.9,
        "quality": 2.5,
        "collection": "XC",
        "licence": "CC BY-NC-SA 4.0",
    }


def test_a_date_or_an_hour_that_nobody_knows_is_no_time(root: Path) -> None:
    times = read(root).recordings.filter(labelled="whole")["recorded_at"].to_list()

    assert times == [datetime(2013, 5, 11, 7, 30), None, None, datetime(2015, 6, 1, 18, 15)]


def test_a_rating_of_nothing_is_none(root: Path) -> None:
    assert read(root).recordings["quality"].to_list()[:3] == [2.5, None, 5.0]


def test_every_bird_with_a_clip_is_a_class(root: Path) -> None:
    assert read(root).species == (
        Species("acafly", "Acadian Flycatcher", "Empidonax virescens", "Aves"),
        Species("amegfi", "American Goldfinch", "Spinus tristis", "Aves"),
    )


def test_soundscapes_are_labelled_by_windows_of_five_seconds(root: Path) -> None:
    delivery = read(root)

    timed = delivery.recordings.filter(labelled="timed").select("path", "recordist", "recorded_at")
    assert timed.rows() == [
        ("train_soundscapes/2782_SSW_20170701.ogg", "SSW", None),
        ("train_soundscapes/7019_COR_20190904.ogg", "COR", None),
    ]
    assert delivery.annotations.sort("recording", "start", "label").rows() == [
        ("train_soundscapes/2782_SSW_20170701.ogg", 0.0, 5.0, "amegfi", None),
        ("train_soundscapes/7019_COR_20190904.ogg", 5.0, 10.0, "acafly", None),
        ("train_soundscapes/7019_COR_20190904.ogg", 5.0, 10.0, "amegfi", None),
    ]


def test_soundscapes_without_labels_are_taken_in_only_where_they_are_asked_for(root: Path) -> None:
    without = read(root).recordings["labelled"].to_list()
    asked = read(root, unlabelled=True).recordings.filter(labelled="none")["path"].to_list()

    assert "none" not in without
    assert asked == ["train_soundscapes/9999_COR_20190905.ogg"]


def test_all_of_it_becomes_a_catalog(root: Path, workspace: Workspace) -> None:
    experiment = Experiment(name="mine", data=settings(root, unlabelled=True))

    catalog = Catalog.open(ingest(experiment, workspace, None))

    assert catalog.quarantine.is_empty()
    assert len(catalog.recordings) == 7
    assert len(catalog.annotations) == 3
    secondary = catalog.recordings.filter(pl.col("id").str.ends_with("XC21.ogg"))["secondary_labels"]
    assert secondary.to_list() == [["acafly"]], "rucwar is no class here"


def test_a_window_without_its_seconds_puts_its_soundscape_aside(root: Path, workspace: Workspace) -> None:
    labels = root / "train_soundscape_labels.csv"
    labels.write_text(LABELS.replace("SSW,2782,5,", "SSW,2782,late,"))
    data = settings(root).model_copy(update={"quarantine_share": 0.5})

    catalog = Catalog.open(ingest(Experiment(name="mine", data=data), workspace, None))

    assert catalog.quarantine["uri"].to_list() == ["release/train_soundscapes/2782_SSW_20170701.ogg"]


def test_clips_alone_are_read_as_well(root: Path) -> None:
    (root / "train_soundscape_labels.csv").unlink()

    delivery = read(root)

    assert len(delivery.recordings) == 4
    assert delivery.annotations.is_empty()


def test_labels_of_a_soundscape_that_is_not_there_are_told_of(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (root / "train_soundscapes/2782_SSW_20170701.ogg").unlink()

    assert read(root).annotations["recording"].unique().to_list() == [
        "train_soundscapes/7019_COR_20190904.ogg"
    ]
    assert "1 soundscapes have labels but no file: 2782" in caplog.text


def test_a_folder_that_is_no_release_is_refused(root: Path) -> None:
    (root / "train_metadata.csv").unlink()

    with pytest.raises(WrongUse, match=r"holds no train_metadata\.csv"):
        read(root)
