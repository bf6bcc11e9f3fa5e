"""The catalog: one row a recording, validated whenever it is read.

A catalog's folder holds `recordings.parquet`, `annotations.parquet` (who calls when, for recordings that are
labelled in time), `species.csv` and `quarantine.parquet` (what was left out, and why).
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import polars as pl

from silencio.data.species import Species, read_species, write_species
from silencio.errors import SilencioError
from silencio.handover import Handover

PARTS = ("train", "validation", "test")
ORIGINS = ("release", "feedback", "passive")

RECORDINGS = pl.Schema(
    {
        "id": pl.String(),
        "uri": pl.String(),  # "<root>/<path>"; the manifest's facts say where each root lies
        "digest": pl.String(),  # SHA-256 of the file
        "primary_label": pl.String(),  # null: labelled in time, see the annotations
        "secondary_labels": pl.List(pl.String()),
        "group": pl.String(),  # recordist or site: never in two parts
        "part": pl.String(),
        "recorded_at": pl.Datetime("us"),  # local time; null where no source says
        "latitude": pl.Float64(),
        "longitude": pl.Float64(),
        "snr_db": pl.Float64(),
        "quality": pl.Float64(),
        "duration": pl.Float64(),  # seconds
        "licence": pl.String(),
        "origin": pl.String(),
    }
)
ANNOTATIONS = pl.Schema(
    {
        "recording": pl.String(),
        "start": pl.Float64(),
        "end": pl.Float64(),
        "label": pl.String(),
        "snr_db": pl.Float64(),
    }
)
QUARANTINE = pl.Schema({"uri": pl.String(), "reason": pl.String()})


@dataclass(frozen=True)
class Catalog:
    recordings: pl.DataFrame
    annotations: pl.DataFrame
    species: tuple[Species, ...]
    quarantine: pl.DataFrame
    roots: Mapping[str, str]

    @classmethod
    def open(cls, handover: Handover) -> Self:
        catalog = cls(
            pl.read_parquet(handover / "recordings.parquet"),
            pl.read_parquet(handover / "annotations.parquet"),
            read_species(handover / "species.csv"),
            pl.read_parquet(handover / "quarantine.parquet"),
            handover.facts["roots"],
        )
        validate(catalog)
        return catalog

    def write(self, folder: Path) -> None:
        validate(self)
        self.recordings.write_parquet(folder / "recordings.parquet")
        self.annotations.write_parquet(folder / "annotations.parquet")
        self.quarantine.write_parquet(folder / "quarantine.parquet")
        write_species(self.species, folder / "species.csv")

    def path_of(self, uri: str) -> Path:
        root, _, path = uri.partition("/")
        return Path(self.roots[root]) / path


def validate(catalog: Catalog) -> None:
    """Raise on the first rule that the tables break."""
    for rule, holds in _rules(catalog):
        if not holds:
            raise SilencioError(
                f"The catalog breaks a rule: {rule}.", "Delete it, and ingest the data again."
            )


def _rules(catalog: Catalog) -> Iterator[tuple[str, bool]]:
    """Each rule takes those before it for granted."""
    recordings, annotations = catalog.recordings, catalog.annotations
    yield "recordings have the columns and types of the schema", recordings.schema == RECORDINGS
    yield "annotations have the columns and types of the schema", annotations.schema == ANNOTATIONS

    codes = [species.code for species in catalog.species]
    secondary = recordings["secondary_labels"].explode().drop_nulls()
    labels = pl.concat([recordings["primary_label"].drop_nulls(), secondary, annotations["label"]])
    yield "every species is there once", len(set(codes)) == len(codes)
    yield "every label is a species of the catalog", _all(labels.is_in(codes))

    roots = recordings["uri"].str.split("/").list.first()
    yield "every id is there once", _all(recordings["id"].is_unique() & recordings["id"].is_not_null())
    yield "every uri lies below a root", _all(roots.is_in(list(catalog.roots)))
    yield "every part is train, validation or test", _all(recordings["part"].is_in(PARTS))
    yield "every origin is known", _all(recordings["origin"].is_in(ORIGINS))
    yield "every recording has a length", _all(recordings["duration"].is_between(0, math.inf, closed="none"))

    parts = recordings.group_by("group").agg(pl.col("part").n_unique())["part"]
    yield "every recording has a group", _all(recordings["group"].is_not_null())
    yield "no group is in two parts", _all(parts == 1)

    owned = annotations["recording"].is_in(recordings["id"].implode())
    yield "every annotation belongs to a recording", _all(owned)
    yield "every annotation ends after it starts", _all(annotations["end"] > annotations["start"])


def _all(mask: pl.Series) -> bool:
    """Null, which is what a comparison with null gives, is not true."""
    return bool(mask.fill_null(False).all())
