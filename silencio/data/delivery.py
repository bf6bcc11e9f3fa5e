"""What a data set says of itself, before any of its recordings is opened: what every reader returns."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from silencio.data.catalog import ANNOTATIONS
from silencio.data.species import Species

DELIVERED = pl.Schema(
    {
        "path": pl.String(),  # below the delivery's root
        "labelled": pl.String(),  # whole, timed (see the annotations) or none; null where nobody says what the file is
        "primary_label": pl.String(),  # null unless labelled as a whole
        "secondary_labels": pl.List(pl.String()),
        "recordist": pl.String(),  # who, or which recorder; null where nobody says
        "source": pl.String(),  # the recording that a clip was cut from
        "fold": pl.Int32(),  # where the data set comes with folds
        "recorded_at": pl.Datetime("us"),
        "latitude": pl.Float64(),
        "longitude": pl.Float64(),
        "snr_db": pl.Float64(),
        "overlap": pl.Float64(),  # the share of the call's time in which another animal calls
        "night": pl.Boolean(),
        "colour_db": pl.Float64(),  # how much brighter (+) or duller (−) the microphone is than a flat one
        "dialect": pl.Float64(),  # semitones that the species had drifted by that year
        "quality": pl.Float64(),
        "collection": pl.String(),
        "licence": pl.String(),
    }
)


@dataclass(frozen=True)
class Delivery:
    recordings: pl.DataFrame
    """DELIVERED; a row a recording."""
    species: tuple[Species, ...]
    annotations: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ANNOTATIONS))
    """`recording` holds the path."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How many rows the reader's own filters left out, by reason: 31 for "a duplicate", say."""


def delivered(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with every column of DELIVERED, null where the data set says nothing."""
    missing = [pl.lit(None, kind).alias(name) for name, kind in DELIVERED.items() if name not in rows.columns]
    return rows.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in DELIVERED.items())
