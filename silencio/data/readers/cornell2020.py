"""Read Cornell Birdcall Identification, Kaggle's of 2020: 264 birds, all from Xeno-canto.

    train.csv   train_audio/<ebird code>/XC….mp3

Its primary label is a name ("Sayornis saya_Say's Phoebe"), and so are its secondary labels; the class is the eBird
code.
"""

from pathlib import Path

import polars as pl

from silencio.data.delivery import Delivery, delivered
from silencio.data.moments import moments
from silencio.data.readers.tables import lists, number, rating, read_table
from silencio.data.species import Species
from silencio.errors import WrongUse
from silencio.settings import Data

CLIPS = (
    *("ebird_code", "species", "sci_name", "secondary_labels", "recordist", "date", "time"),
    *("filename", "latitude", "longitude", "rating", "license"),
)


def read(root: Path, data: Data) -> Delivery:
    if not (root / "train.csv").is_file():
        raise WrongUse(
            f"{root} holds no train.csv.",
            "Name the folder that birdsong-recognition's archive was unpacked into.",
        )
    clips = read_table(root / "train.csv", CLIPS)
    names = clips.select("ebird_code", "species", "sci_name").drop_nulls("ebird_code")
    species = names.unique("ebird_code", keep="first", maintain_order=True).sort("ebird_code").fill_null("")
    codes = {common: code for code, common, _ in species.iter_rows()}
    # Birds that are none of the classes keep their name: an ingest leaves them out as it does any other such label.
    secondary = [
        [codes.get(name.rpartition("_")[2], name) for name in names]
        for names in lists(clips["secondary_labels"])
    ]
    recordings = delivered(
        clips.with_columns(
            number("latitude", -90, 90),
            number("longitude", -180, 180),
            path=pl.concat_str(pl.lit("train_audio"), "ebird_code", "filename", separator="/"),
            labelled=pl.lit("whole"),
            primary_label="ebird_code",
            secondary_labels=pl.Series(secondary, dtype=pl.List(pl.String)),
            recorded_at=moments(clips["date"], clips["time"]),
            quality=rating("rating"),
            collection=pl.lit("XC"),
            licence="license",
        )
    )
    return Delivery(
        recordings, tuple(Species(code, common, latin, "Aves") for code, common, latin in species.iter_rows())
    )
