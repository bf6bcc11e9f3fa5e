"""The index of a store of windows: one row a window, what is known of it, and where it lies."""

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from silencio.data.catalog import Catalog
from silencio.data.windows.shards import Shard
from silencio.settings import FrontEnd

AUDIBLE_SECONDS = 0.5
"""A call counts for a window from this overlap on; less of it nobody could name."""

INDEX = pl.Schema(
    {
        "recording": pl.String(),
        "part": pl.String(),
        "origin": pl.String(),
        "start": pl.Float64(),  # seconds into the recording
        "strong": pl.Boolean(),  # labelled in time, not only as a whole recording
        "labels": pl.List(pl.String()),
        "secondary": pl.List(pl.String()),  # called somewhere in the recording, perhaps not in this window
        "absent": pl.List(
            pl.String()
        ),  # of what else calls nobody spoke; empty where the labels are all there is
        "weight": pl.Float64(),  # how much it counts in training
        "duration": pl.Float64(),  # of the whole recording, seconds
        "recordist": pl.String(),
        "latitude": pl.Float64(),
        "longitude": pl.Float64(),
        "recorded_at": pl.Datetime("us"),
        "night": pl.Boolean(),
        "snr_db": pl.Float64(),
        "overlap": pl.Float64(),  # the share of the call's time in which another animal calls
        "colour_db": pl.Float64(),  # of the recorder, see the catalog
        "dialect": pl.Float64(),
        "era": pl.String(),  # older or newer
        "offset_db": pl.Float32(),  # with scale_db, back to decibels: stored * scale_db + offset_db; null: none
        "scale_db": pl.Float32(),
        "shard": pl.Int32(),
        "row": pl.Int32(),  # in the shard
    }
)
PLACE = ("shard", "row", "recording")
"""Recordings that are equal byte by byte share windows; so a window is known by its recording as well."""

TIMED = pl.col("labelled") == "timed"


def index_of(catalog: Catalog, shards: Sequence[Shard], front_end: FrontEnd) -> pl.DataFrame:
    """In the order in which the windows lie."""
    recordings = catalog.recordings.rename({"id": "recording"})
    windows = _places(shards).join(recordings, on="digest")
    whole = pl.when(labelled="whole").then(pl.concat_list("primary_label"))
    weak = windows.with_columns(
        strong=TIMED,
        labels=whole.otherwise(pl.lit([], pl.List(pl.String()))),
        secondary=pl.col("secondary_labels"),
        absent=pl.when(labelled="denied").then("absent").otherwise(pl.lit([], pl.List(pl.String()))),
    )
    strong = _heard(weak.filter(TIMED), catalog.annotations, front_end.window_seconds)
    index = weak.join(strong, on=PLACE, how="left").with_columns(
        labels=pl.coalesce("labels_heard", "labels"),
        snr_db=pl.when(TIMED).then("snr_db_heard").otherwise("snr_db"),
    )
    return index.select(pl.col(name).cast(kind) for name, kind in INDEX.items()).sort(PLACE)


def _places(shards: Sequence[Shard]) -> pl.DataFrame:
    """Of each window: digest (of the recording's file), start, its scale, shard, row."""
    floats = {name: pl.List(pl.Float64()) for name in ("start", "offset_db", "scale_db")}
    schema = {"digest": pl.String(), "shard": pl.Int32(), **floats}
    held = pl.DataFrame(_contents(shards), schema=schema, orient="row")
    return held.explode(*floats).with_columns(row=pl.int_range(pl.len(), dtype=pl.Int32).over("shard"))


def _contents(shards: Sequence[Shard]) -> Iterator[tuple[Any, ...]]:
    for number, shard in enumerate(shards):
        for heard in shard.heard:
            none = (None,) * len(heard.starts)
            yield heard.recording, number, heard.starts, heard.offset_db or none, heard.scale_db or none


def _heard(windows: pl.DataFrame, annotations: pl.DataFrame, seconds: float) -> pl.DataFrame:
    """Who is audible in each window, and the loudest of them; windows in which nobody is have no row."""
    calls = windows.select(*PLACE, "start").join(annotations, on="recording", suffix="_call")
    overlap = pl.min_horizontal("end", pl.col("start") + seconds) - pl.max_horizontal("start_call", "start")
    return (
        calls.filter(overlap >= AUDIBLE_SECONDS)
        .group_by(PLACE)
        .agg(labels_heard=pl.col("label").unique().sort(), snr_db_heard=pl.col("snr_db").max())
    )
