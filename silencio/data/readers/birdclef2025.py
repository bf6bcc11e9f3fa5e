"""Read a data set in the layout of BirdCLEF 2025.

    train.csv  taxonomy.csv  train_audio/<species>/*.ogg  train_soundscapes/<site>_<date>_<time>.ogg
    unlabeled_soundscapes/  (as BirdCLEF 2024 called it; more of them, that nobody labels in any table)

Kaggle's release says neither when a clip was recorded nor what calls in a soundscape. Where these tables lie
beside it, they are used (the built-in reserve writes all but the last):

    train_conditions.csv             filename and any of recorded_at, snr_db, overlap, night, colour_db, dialect
    train_soundscapes_conditions.csv the same of soundscapes
    train_soundscapes_labels.csv     filename, start, end, primary_label, snr_db
    xeno_canto.csv, xeno_canto.json  when the clips from there were recorded

Without the labels nobody knows what calls in the soundscapes: they are left out, for as recordings of silence
they would be judged on, or taken in as unlabelled where the settings ask for them, as those of
unlabeled_soundscapes always are.
"""

from pathlib import Path

import polars as pl

from silencio.data.catalog import ANNOTATIONS
from silencio.data.delivery import Delivery, delivered
from silencio.data.ingest.kinds import is_audio
from silencio.data.moments import iso, stamp
from silencio.data.readers.tables import lists, number, rating, read_table, truth
from silencio.data.readers.taxonomy import TAXONOMY, read_species
from silencio.data.readers.xeno_canto import recorded_on_xeno_canto
from silencio.errors import WrongUse
from silencio.settings import Data

TRAIN, UNLABELLED = "train_soundscapes", "unlabeled_soundscapes"
LABELS = f"{TRAIN}_labels.csv"
CLIPS = (
    *("filename", "primary_label", "secondary_labels", "author"),
    *("latitude", "longitude", "rating", "license"),
)
CONDITIONS = ("recorded_at", "snr_db", "overlap", "night", "colour_db", "dialect")
CALLS = ("filename", "start", "end", "primary_label", "snr_db")
SITE = r"^(?<site>.+)_(?<time>\d{8}_\d{6})\."


def read(root: Path, data: Data) -> Delivery:
    for name in ("train.csv", TAXONOMY):
        if not (root / name).is_file():
            raise WrongUse(
                f"{root} holds no {name}.", "Name the folder that BirdCLEF's archive was unpacked into."
            )
    clips, species = _clips(root), read_species(root)
    parts, heard = [clips], _files(root / TRAIN)
    if data.unlabelled:
        parts.append(_soundscapes(root, UNLABELLED, _files(root / UNLABELLED), "none"))
    if (root / LABELS).exists():
        calls = read_table(root / LABELS, CALLS)
        parts.append(_soundscapes(root, TRAIN, heard | set(calls["filename"].drop_nulls()), "timed"))
        return Delivery(pl.concat(parts), species, _annotations(calls))
    if data.unlabelled:
        parts.append(_soundscapes(root, TRAIN, heard, "none"))
    return Delivery(pl.concat(parts), species)


def _files(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("[!.]*") if is_audio(path)}


def _clips(root: Path) -> pl.DataFrame:
    table = read_table(root / "train.csv", CLIPS, ("collection",))
    known = _conditions(root / "train_conditions.csv")
    rows = table.join(known, on="filename", how="left", maintain_order="left")
    heard = recorded_on_xeno_canto(root)
    if heard is not None:
        on = pl.col("filename").str.extract(r"XC(\d+)\.[^/]*$").alias("xeno_canto")
        rows = rows.with_columns(on).join(heard, on="xeno_canto", how="left", maintain_order="left")
        said = [pl.col("recorded_at")] if "recorded_at" in known.columns else []
        rows = rows.with_columns(recorded_at=pl.coalesce(*said, "recorded_there"))
    return delivered(
        rows.with_columns(
            lists(rows["secondary_labels"]),
            number("latitude", -90, 90),
            number("longitude", -180, 180),
            path="train_audio/" + pl.col("filename"),
            labelled=pl.lit("whole"),
            recordist="author",
            quality=rating("rating"),
            licence="license",
        )
    )


def _conditions(path: Path) -> pl.DataFrame:
    """Any of CONDITIONS by filename; of two rows of one file, the first."""
    if not path.exists():
        return pl.DataFrame(schema={"filename": pl.String()})
    table = read_table(path, ("filename",), CONDITIONS)
    how = {
        "recorded_at": pl.col("recorded_at").map_elements(iso, pl.Datetime("us")),
        "night": truth("night"),
        "overlap": number("overlap", 0, 1),
    } | {name: number(name) for name in ("snr_db", "colour_db", "dialect")}
    columns = [how[name] for name in table.columns if name in how]
    return table.with_columns(columns).unique("filename", keep="first", maintain_order=True)


def _soundscapes(root: Path, folder: str, files: set[str], labelled: str) -> pl.DataFrame:
    """Who recorded one is its site, whose recorder colours all that it hears."""
    table = pl.DataFrame({"filename": sorted(files)}, schema={"filename": pl.String()})
    parts = pl.col("filename").str.extract_groups(SITE)
    rows = table.with_columns(
        path=f"{folder}/" + pl.col("filename"),
        labelled=pl.lit(labelled),
        recordist=parts.struct.field("site"),
        recorded_at=parts.struct.field("time").map_elements(stamp, pl.Datetime("us")),
    )
    known = _conditions(root / f"{TRAIN}_conditions.csv")
    rows = rows.join(known, on="filename", how="left", maintain_order="left", suffix="_said")
    if "recorded_at_said" in rows.columns:
        rows = rows.with_columns(recorded_at=pl.coalesce("recorded_at_said", "recorded_at"))
    return delivered(rows)


def _annotations(calls: pl.DataFrame) -> pl.DataFrame:
    recording = f"{TRAIN}/" + pl.col("filename")
    cells = calls.with_columns(number("start", 0), number("end", 0), number("snr_db"), recording=recording)
    return cells.rename({"primary_label": "label"}).select(ANNOTATIONS.names())
