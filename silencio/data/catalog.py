"""The catalog: one row a recording, validated whenever it is read.

A catalog's folder holds `recordings.parquet`, `annotations.parquet` (who calls when, for recordings that are
labelled in time), `species.csv`, `quarantine.parquet` (what cannot be used, and why) and `duplicates.parquet`
(pairs that sound the same).
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import polars as pl

from silencio.data.species import Species, read_species, write_species
from silencio.errors import SilencioError
from silencio.handover import Handover

PARTS = ("train", "validation", "thresholds", "test", "unlabelled")
ORIGINS = ("release", "feedback", "passive")
LABELLED = ("whole", "timed", "denied", "none")

SAID = pl.Schema(
    {
        "labelled": pl.String(),  # whole, timed (see the annotations), denied (absent alone is known) or none
        "primary_label": pl.String(),  # null unless labelled as a whole
        "secondary_labels": pl.List(pl.String()),
        "absent": pl.List(pl.String()),  # what somebody says does not call; null where nobody does
        "recordist": pl.String(),  # who, or which recorder; null where nobody says
        "source": pl.String(),  # the recording that a clip was cut from
        "fold": pl.Int32(),  # where the data set comes with folds, or the split deals some
        "recorded_at": pl.Datetime("us"),  # local time
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
"""What a data set may say of a recording; null where it does not."""

RECORDINGS = pl.Schema(
    {
        "id": pl.String(),
        "uri": pl.String(),  # "<root>/<path>"; the manifest's facts say where each root lies
        "digest": pl.String(),  # SHA-256 of the file
        **SAID,
        "duration": pl.Float64(),  # seconds
        "sample_rate": pl.Int32(),  # of the file
        "origin": pl.String(),
        "weight": pl.Float64(),  # how much it counts in training, over 0; 1 of what was released
        "group": pl.String(),  # what the split deals by: never in two parts
        "part": pl.String(),
        "era": pl.String(),  # older or newer, by the split's settings; null without a time
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
DUPLICATES = pl.Schema({"recording": pl.String(), "other": pl.String(), "similarity": pl.Float64()})


@dataclass(frozen=True)
class Catalog:
    recordings: pl.DataFrame
    annotations: pl.DataFrame
    species: tuple[Species, ...]
    quarantine: pl.DataFrame
    roots: Mapping[str, str]
    duplicates: pl.DataFrame = field(default_factory=DUPLICATES.to_frame)

    @classmethod
    def open(cls, handover: Handover) -> Self:
        catalog = cls(
            pl.read_parquet(handover / "recordings.parquet"),
            pl.read_parquet(handover / "annotations.parquet"),
            read_species(handover / "species.csv"),
            pl.read_parquet(handover / "quarantine.parquet"),
            handover.facts["roots"],
            pl.read_parquet(handover / "duplicates.parquet"),
        )
        validate(catalog)
        return catalog

    def write(self, folder: Path) -> None:
        validate(self)
        self.recordings.write_parquet(folder / "recordings.parquet")
        self.annotations.write_parquet(folder / "annotations.parquet")
        self.quarantine.write_parquet(folder / "quarantine.parquet")
        self.duplicates.write_parquet(folder / "duplicates.parquet")
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
    recordings, annotations, duplicates = catalog.recordings, catalog.annotations, catalog.duplicates
    yield "recordings have the columns and types of the schema", recordings.schema == RECORDINGS
    yield "annotations have the columns and types of the schema", annotations.schema == ANNOTATIONS
    yield "quarantine has the columns and types of the schema", catalog.quarantine.schema == QUARANTINE
    yield "duplicates have the columns and types of the schema", duplicates.schema == DUPLICATES

    codes = [species.code for species in catalog.species]
    secondary = recordings["secondary_labels"].explode().drop_nulls()
    absent = recordings["absent"].explode().drop_nulls()
    labels = pl.concat([recordings["primary_label"].drop_nulls(), secondary, absent, annotations["label"]])
    yield "every species is there once", len(set(codes)) == len(codes)
    yield "every label is a species of the catalog", _all(labels.is_in(codes))

    labelled = recordings["labelled"]
    whole = recordings["primary_label"].is_not_null()
    yield "every recording is labelled whole, timed, denied or none", _all(labelled.is_in(LABELLED))
    yield (
        "a recording has a primary label exactly if it is labelled whole",
        _all((labelled == "whole") == whole),
    )
    denied = recordings.filter(labelled == "denied")
    yield "what is labelled denied names who is absent", _all(denied["absent"].list.len() > 0)

    roots = recordings["uri"].str.split("/").list.first()
    yield "every id is there once", _all(recordings["id"].is_unique() & recordings["id"].is_not_null())
    yield "every uri lies below a root", _all(roots.is_in(list(catalog.roots)))
    yield "every origin is known", _all(recordings["origin"].is_in(ORIGINS))
    yield (
        "every weight is over 0 and no more than 1",
        _all(recordings["weight"].is_between(0, 1, closed="right")),
    )
    yield "every recording has a length", _all(recordings["duration"].is_between(0, math.inf, closed="none"))

    part = recordings["part"]
    dealt = recordings.filter(part != "unlabelled").group_by("group").agg(pl.col("part").n_unique())
    yield "every part is train, validation, thresholds, test or unlabelled", _all(part.is_in(PARTS))
    yield (
        "a part is unlabelled exactly if its recording is",
        _all((part == "unlabelled") == (labelled == "none")),
    )
    yield "every recording has a group", _all(recordings["group"].is_not_null())
    # No label is learnt from what is unlabelled, and nobody is judged on it: it may be of any group.
    yield "no group is in two parts", _all(dealt["part"] == 1)

    owned = annotations["recording"].is_in(recordings.filter(labelled == "timed")["id"].implode())
    yield "every annotation belongs to a recording that is labelled in time", _all(owned)
    yield "every annotation ends after it starts", _all(annotations["end"] > annotations["start"])

    alike = pl.concat([duplicates["recording"], duplicates["other"]])
    yield "every duplicate is a recording of the catalog", _all(alike.is_in(recordings["id"].implode()))


def _all(mask: pl.Series) -> bool:
    """Null, which is what a comparison with null gives, is not true."""
    return bool(mask.fill_null(False).all())
