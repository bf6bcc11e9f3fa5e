"""Read BirdCLEF 2021: 397 birds.

    train_metadata.csv            train_short_audio/<species>/XC….ogg
    train_soundscape_labels.csv   train_soundscapes/<audio id>_<site>_<date>.ogg

Soundscapes are labelled by windows of five seconds. Their names tell the day, not the hour: they are undated.
"""

import logging
from pathlib import Path

import polars as pl

from silencio.data.catalog import ANNOTATIONS
from silencio.data.delivery import Delivery, delivered
from silencio.data.ingest.kinds import is_audio
from silencio.data.moments import moments
from silencio.data.readers.tables import lists, number, rating, read_table
from silencio.data.species import Species
from silencio.errors import WrongUse
from silencio.settings import Data

log = logging.getLogger(__name__)

LABELS = "train_soundscape_labels.csv"
CLIPS = (
    *("primary_label", "secondary_labels", "scientific_name", "common_name", "author", "date", "time"),
    *("filename", "latitude", "longitude", "rating", "license"),
)
WINDOW = 5
"""Seconds."""
SILENCE = "nocall"
NAMED = 5
"""Soundscapes that a warning names."""


def read(root: Path, data: Data) -> Delivery:
    if not (root / "train_metadata.csv").is_file():
        raise WrongUse(
            f"{root} holds no train_metadata.csv.",
            "Name the folder that BirdCLEF 2021's archive was unpacked into.",
        )
    clips = read_table(root / "train_metadata.csv", CLIPS)
    labels = _labels(root)
    recordings = pl.concat([_clips(clips), _soundscapes(root, labels, data.unlabelled)])
    names = clips.select("primary_label", "common_name", "scientific_name").drop_nulls("primary_label")
    species = names.unique("primary_label", keep="first", maintain_order=True).sort("primary_label")
    return Delivery(
        recordings,
        tuple(
            Species(code, common, latin, "Aves") for code, common, latin in species.fill_null("").iter_rows()
        ),
        _annotations(labels, recordings),
    )


def _clips(clips: pl.DataFrame) -> pl.DataFrame:
    return delivered(
        clips.with_columns(
            lists(clips["secondary_labels"]),
            number("latitude", -90, 90),
            number("longitude", -180, 180),
            path=pl.concat_str(pl.lit("train_short_audio"), "primary_label", "filename", separator="/"),
            labelled=pl.lit("whole"),
            recordist="author",
            recorded_at=moments(clips["date"], clips["time"]),
            quality=rating("rating"),
            collection=pl.lit("XC"),
            licence="license",
        )
    )


def _labels(root: Path) -> pl.DataFrame:
    """A row a window: audio_id, seconds (its end), birds."""
    columns = ("audio_id", "seconds", "birds")
    if not (root / LABELS).exists():
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    return read_table(root / LABELS, columns)


def _soundscapes(root: Path, labels: pl.DataFrame, unlabelled: bool) -> pl.DataFrame:
    """Who recorded one is its site. Those without labels are taken in only where `unlabelled` asks for them."""
    files = sorted(path.name for path in (root / "train_soundscapes").glob("[!.]*") if is_audio(path))
    name = pl.col("filename").str.extract_groups(r"^(?<audio>\d+)_(?<site>[^_]+)_")
    known = name.struct.field("audio").is_in(labels["audio_id"].implode())
    rows = pl.DataFrame({"filename": files}, schema={"filename": pl.String()}).select(
        path="train_soundscapes/" + pl.col("filename"),
        labelled=pl.when(known).then(pl.lit("timed")).otherwise(pl.lit("none")),
        recordist=name.struct.field("site"),
    )
    return delivered(rows if unlabelled else rows.filter(labelled="timed"))


def _annotations(labels: pl.DataFrame, recordings: pl.DataFrame) -> pl.DataFrame:
    """A call a bird and window."""
    timed = recordings.filter(labelled="timed").select(
        recording="path", audio_id=pl.col("path").str.extract(r"/(\d+)_")
    )
    end = pl.col("seconds").cast(pl.Float64, strict=False)
    calls = labels.with_columns(start=end - WINDOW, end=end, label=pl.col("birds").str.split(" ")).explode(
        "label"
    )
    named = calls.filter(pl.col("label").is_null() | ~pl.col("label").is_in(["", SILENCE]))
    # Of a file that is not there, nobody knows the name: its day is not in the labels.
    if missing := sorted(set(labels["audio_id"].drop_nulls()) - set(timed["audio_id"])):
        log.warning("%d soundscapes have labels but no file: %s", len(missing), ", ".join(missing[:NAMED]))
    joined = named.join(timed, on="audio_id", maintain_order="left")
    return joined.with_columns(snr_db=pl.lit(None, pl.Float64)).select(ANNOTATIONS.names())
