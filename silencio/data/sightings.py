"""Where and when each species was recorded: counts by month and by a coarse grid, for whoever weighs by them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import polars as pl

from silencio.data.catalog import Catalog
from silencio.data.species import Species

CELL_DEGREES = 1.0
"""Of the grid: a species' country is told, no nest's tree."""
TABLE = pl.Schema(
    {
        "species": pl.Int64(),  # the number of its class
        "month": pl.Int64(),  # 1 … 12; null where nobody says
        "latitude": pl.Float64(),  # of the cell's middle; null where nobody says
        "longitude": pl.Float64(),
        "recordings": pl.Int64(),
    }
)


@dataclass(frozen=True)
class Sightings:
    table: pl.DataFrame
    """By TABLE; each species, month and cell once."""

    @classmethod
    def of(cls, catalog: Catalog, species: tuple[Species, ...]) -> Self:
        """Of the recordings that models learn from: what they are judged on must not tell them anything.

        `species` are in the order of the model's classes.
        """
        rows = catalog.recordings.filter(pl.col("part") == "train")
        whole = rows.select("id", pl.concat_list("primary_label", "secondary_labels").alias("label"))
        within = catalog.annotations.select(pl.col("recording").alias("id"), "label")
        numbers = {one.code: number for number, one in enumerate(species)}
        heard = pl.concat([whole.explode("label"), within]).filter(pl.col("label").is_in(list(numbers)))
        somewhere = pl.col("latitude").is_not_null() & pl.col("longitude").is_not_null()
        table = (
            rows.join(heard.unique(), on="id")
            .select(
                pl.col("label").replace_strict(numbers, return_dtype=pl.Int64).alias("species"),
                pl.col("recorded_at").dt.month().cast(pl.Int64).alias("month"),
                *(pl.when(somewhere).then(_middle(name)).alias(name) for name in ("latitude", "longitude")),
            )
            .filter(pl.col("month").is_not_null() | pl.col("latitude").is_not_null())
            .group_by(pl.all())
            .agg(pl.len().cast(pl.Int64).alias("recordings"))
            .sort(pl.all())
        )
        return cls(table)

    @classmethod
    def read(cls, path: Path) -> Self:
        return cls(pl.DataFrame(json.loads(path.read_text())["rows"], schema=TABLE, orient="row"))

    def write(self, path: Path) -> None:
        told = {"cell_degrees": CELL_DEGREES, "columns": list(TABLE), "rows": self.table.rows()}
        path.write_text(json.dumps(told) + "\n")


def _middle(name: str) -> pl.Expr:
    return ((pl.col(name) / CELL_DEGREES).floor() + 0.5) * CELL_DEGREES
