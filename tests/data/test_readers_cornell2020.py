"""Cornell Birdcall Identification, in miniature: codes are the classes, names are what recordists write."""

from datetime import datetime
from pathlib import Path

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

TRAIN = """\
rating,playback_used,ebird_code,channels,date,pitch,duration,filename,species,title,secondary_labels,sci_name,latitude,\
sampling_rate,background,xc_id,author,primary_label,longitude,time,recordist,license
3.5,no,aldfly,1 (mono),2013-05-25,Not specified,25,XC134874.mp3,Alder Flycatcher,XC134874 Alder Flycatcher,[],\
Empidonax alnorum,44.793,48000 (Hz),,134874,Jon,Empidonax alnorum_Alder Flycatcher,-92.962,8:00,Jon,CC BY-SA 3.0
0.0,no,aldfly,2 (stereo),2013-05-27,both,36,XC135454.mp3,Alder Flycatcher,XC135454 Alder Flycatcher,\
"[""Sayornis saya_Say's Phoebe"", 'Corvus corax_Common Raven']",\
Empidonax alnorum,Not specified,44100 (Hz),,135454,Mike,Empidonax alnorum_Alder Flycatcher,Not specified,?,Mike,CC BY
4.0,no,saypho,1 (mono),2012-04-01,level,9,XC9.mp3,Say's Phoebe,XC9 Say's Phoebe,[],Sayornis saya,33.1,44100 (Hz),,\
9,Eva,Sayornis saya_Say's Phoebe,-110.2,06:30,Eva,CC BY 3.0
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "birdsong-recognition"
    for seed, name in enumerate(("aldfly/XC134874", "aldfly/XC135454", "saypho/XC9")):
        path = root / f"train_audio/{name}.mp3"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sound(seed=seed, format="MP3"))
    (root / "train.csv").write_text(TRAIN)
    return root


def read(root: Path) -> Delivery:
    return readers.read(Data(source="cornell2020", path=root), root)


def test_a_clip_is_read_with_all_that_its_row_says(root: Path) -> None:
    clip = read(root).recordings.row(0, named=True)

    assert {name: value for name, value in clip.items() if value is not None} == {
        "path": "train_audio/aldfly/XC134874.mp3",
        "labelled": "whole",
        "primary_label": "aldfly",
        "secondary_labels": [],
        "recordist": "Jon",
        "recorded_at": datetime(2013, 5, 25, 8),
        "latitude": 44.793,
        "longitude": -92.962,
        "quality": 3.5,
        "collection": "XC",
        "licence": "CC BY-SA 3.0",
    }


def test_what_is_not_specified_is_left_empty(root: Path) -> None:
    clip = read(root).recordings.row(1, named=True)

    assert [clip[name] for name in ("latitude", "longitude", "quality", "recorded_at")] == [None] * 4


def test_names_of_secondary_birds_become_their_codes(root: Path) -> None:
    secondary = read(root).recordings["secondary_labels"].to_list()[1]

    assert "saypho" in secondary
    assert "Corvus corax_Common Raven" in secondary, "no class, so it has no code"


def test_every_bird_with_a_clip_is_a_class(root: Path) -> None:
    assert read(root).species == (
        Species("aldfly", "Alder Flycatcher", "Empidonax alnorum", "Aves"),
        Species("saypho", "Say's Phoebe", "Sayornis saya", "Aves"),
    )


def test_all_of_it_becomes_a_catalog(root: Path, workspace: Workspace) -> None:
    experiment = Experiment(name="mine", data=Data(source="cornell2020", path=root))

    catalog = Catalog.open(ingest(experiment, workspace, None))

    assert catalog.quarantine.is_empty()
    assert catalog.recordings["secondary_labels"].to_list() == [[], ["saypho"], []]


def test_a_folder_that_is_no_release_is_refused(root: Path) -> None:
    (root / "train.csv").unlink()

    with pytest.raises(WrongUse, match=r"holds no train\.csv"):
        read(root)
