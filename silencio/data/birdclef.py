"""Read a data set in the layout of BirdCLEF 2025.

    train.csv  taxonomy.csv  train_audio/<species>/*.ogg  train_soundscapes/*.ogg

Kaggle's release says neither when a clip was recorded nor what calls in a soundscape. Where these tables lie
beside it (the built-in reserve writes them), they are used:

    train_conditions.csv          filename, recorded_at, snr_db
    train_soundscapes_labels.csv  filename, start, end, primary_label, snr_db

Without the labels nobody knows what calls in the soundscapes: they are left out, for as recordings of silence
they would be judged on.
"""

import ast
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from silencio.data.catalog import ANNOTATIONS
from silencio.data.species import Species
from silencio.errors import WrongUse

LABELS = "train_soundscapes_labels.csv"
TAXONOMY = ("primary_label", "common_name", "scientific_name", "class_name")
CLIPS = (
    *("filename", "primary_label", "secondary_labels", "author"),
    *("latitude", "longitude", "rating", "license"),
)
CONDITIONS = ("filename", "recorded_at", "snr_db")
CALLS = ("filename", "start", "end", "primary_label", "snr_db")
SOUNDSCAPE_TIME = "%Y%m%d_%H%M%S"
UNKNOWN = "unknown"
"""Recordings without a recordist, or a site, may all be of the same one: they are one group."""


@dataclass(frozen=True)
class Delivery:
    """What a data set says of itself, before any file is opened."""

    clips: pl.DataFrame
    soundscapes: pl.DataFrame
    annotations: pl.DataFrame
    species: tuple[Species, ...]


def read(root: Path) -> Delivery:
    for name in ("train.csv", "taxonomy.csv"):
        if not (root / name).is_file():
            raise WrongUse(
                f"{root} holds no {name}.", "Name the folder that BirdCLEF's archive was unpacked into."
            )
    soundscapes = _soundscapes(root)
    return Delivery(_clips(root), soundscapes, _annotations(root, soundscapes), _species(root))


def _table(path: Path, columns: tuple[str, ...]) -> pl.DataFrame:
    table = pl.read_csv(path, infer_schema=False)
    if missing := [column for column in columns if column not in table.columns]:
        raise WrongUse(
            f"{path} has no column {', '.join(missing)}.", "Take the tables as BirdCLEF 2025 has them."
        )
    return table.select(columns)


def _species(root: Path) -> tuple[Species, ...]:
    table = _table(root / "taxonomy.csv", TAXONOMY).sort("primary_label")
    return tuple(Species(*row) for row in table.iter_rows())


def _clips(root: Path) -> pl.DataFrame:
    table = _table(root / "train.csv", CLIPS)
    conditions = root / "train_conditions.csv"
    if conditions.exists():
        table = table.join(_table(conditions, CONDITIONS), on="filename", how="left")
    else:
        table = table.with_columns(recorded_at=pl.lit(None, pl.String), snr_db=pl.lit(None, pl.String))
    return table.select(
        path="train_audio/" + pl.col("filename"),
        primary_label="primary_label",
        secondary_labels=pl.Series(map(_labels, table["secondary_labels"]), dtype=pl.List(pl.String)),
        group="recordist:" + pl.col("author").fill_null(UNKNOWN),
        recorded_at=pl.col("recorded_at").str.to_datetime(time_unit="us", strict=False),
        latitude=pl.col("latitude").cast(pl.Float64, strict=False),
        longitude=pl.col("longitude").cast(pl.Float64, strict=False),
        snr_db=pl.col("snr_db").cast(pl.Float64, strict=False),
        quality=pl.col("rating").cast(pl.Float64, strict=False),
        licence="license",
    )


def _labels(text: str | None) -> list[str]:
    """`"['a', 'b']"` is how the release writes a list, and `"['']"` how it writes an empty one."""
    try:
        labels = ast.literal_eval(text or "[]")
    except (ValueError, SyntaxError):
        labels = None
    if not isinstance(labels, list):
        raise WrongUse(
            f"train.csv gives {text!r} as secondary_labels.",
            "Write a list, such as ['amekes', 'amepip'] or [].",
        )
    return sorted({str(label) for label in labels if label})


def _soundscapes(root: Path) -> pl.DataFrame:
    """`<site>_<date>_<time>.ogg`: the site is the group, for its recorder colours all that it hears."""
    labelled = (root / LABELS).exists()
    paths = sorted((root / "train_soundscapes").glob("*.ogg")) if labelled else []
    table = pl.DataFrame({"path": [f"train_soundscapes/{p.name}" for p in paths]}, schema={"path": pl.String})
    parts = pl.col("path").str.extract_groups(r"/(?<site>[^/]+)_(?<time>\d{8}_\d{6})\.ogg$")
    return table.select(
        "path",
        group="site:" + parts.struct.field("site").fill_null(UNKNOWN),
        recorded_at=parts.struct.field("time").str.to_datetime(SOUNDSCAPE_TIME, time_unit="us", strict=False),
    )


def _annotations(root: Path, soundscapes: pl.DataFrame) -> pl.DataFrame:
    path = root / LABELS
    if not path.exists():
        return pl.DataFrame(schema=ANNOTATIONS)
    table = _table(path, CALLS).select(
        recording="train_soundscapes/" + pl.col("filename"),
        start=pl.col("start").cast(pl.Float64),
        end=pl.col("end").cast(pl.Float64),
        label="primary_label",
        snr_db=pl.col("snr_db").cast(pl.Float64, strict=False),
    )
    return table.filter(pl.col("recording").is_in(soundscapes["path"].implode()))
