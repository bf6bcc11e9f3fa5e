"""What a data set says of itself, before any of its recordings is opened: what every reader returns."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from silencio.data.catalog import ANNOTATIONS, SAID
from silencio.data.species import Species

DELIVERED = pl.Schema({"path": pl.String(), **SAID})
"""`path` is below the delivery's root. `labelled` is null where nobody says what the file is."""


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
