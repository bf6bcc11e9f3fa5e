"""The catalog: comes back as it was written, and every rule that is broken is named."""

import dataclasses
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from silencio.data.catalog import ANNOTATIONS, DUPLICATES, QUARANTINE, RECORDINGS, Catalog, validate
from silencio.data.species import Species
from silencio.errors import SilencioError
from silencio.handover import Kind, seal


def recording(path: str, group: str, part: str, **columns: Any) -> dict[str, Any]:
    uri = f"release/{path}"
    return {
        "id": uri,
        "uri": uri,
        "digest": "00",
        "labelled": "whole",
        "primary_label": "barant",
        "secondary_labels": [],
        "group": group,
        "part": part,
        "duration": 10.0,
        "origin": "release",
        "weight": 1.0,
        **columns,
    }


@pytest.fixture
def catalog() -> Catalog:
    recordings = [
        recording("a.ogg", "recordist:a", "train", secondary_labels=["comfro"], latitude=6.1),
        recording("b.ogg", "recordist:b", "test", recorded_at=datetime(2024, 3, 1, 5), snr_db=12.0),
        recording("c.ogg", "site:c", "test", labelled="timed", primary_label=None, licence="cc0"),
        recording("d.ogg", "site:c", "unlabelled", labelled="none", primary_label=None),
    ]
    annotations = [{"recording": "release/c.ogg", "start": 1.0, "end": 2.0, "label": "comfro"}]
    return Catalog(
        pl.DataFrame(recordings, schema=RECORDINGS),
        pl.DataFrame(annotations, schema=ANNOTATIONS),
        (Species("barant", "Antshrike", "T. a.", "Aves"), Species("comfro", "Frog", "H. c.", "Amphibia")),
        pl.DataFrame({"uri": ["release/e.ogg"], "reason": ["the file is missing"]}, schema=QUARANTINE),
        {"release": "/data/release"},
        pl.DataFrame([("release/a.ogg", "release/b.ogg", 0.75)], DUPLICATES, orient="row"),
    )


def test_a_catalog_comes_back_as_it_was_written(catalog: Catalog, tmp_path: Path) -> None:
    catalog.write(tmp_path)

    again = Catalog.open(seal(tmp_path, Kind.CATALOG, {"roots": catalog.roots}))

    assert_frame_equal(again.recordings, catalog.recordings)
    assert_frame_equal(again.annotations, catalog.annotations)
    assert_frame_equal(again.quarantine, catalog.quarantine)
    assert_frame_equal(again.duplicates, catalog.duplicates)
    assert (again.species, again.roots) == (catalog.species, catalog.roots)


def test_a_uri_leads_to_the_file_below_its_root(catalog: Catalog) -> None:
    assert catalog.path_of("release/train_audio/x/a.ogg") == Path("/data/release/train_audio/x/a.ogg")


def test_a_catalog_without_recordings_breaks_no_rule(catalog: Catalog) -> None:
    validate(
        Catalog(
            RECORDINGS.to_frame(),
            ANNOTATIONS.to_frame(),
            catalog.species,
            QUARANTINE.to_frame(),
            catalog.roots,
            DUPLICATES.to_frame(),
        )
    )


Break = Callable[[Catalog], Catalog]


def first_recording(**columns: Any) -> Break:
    """Another value in the first row."""
    return lambda catalog: dataclasses.replace(catalog, recordings=first_row(catalog.recordings, columns))


def first_annotation(**columns: Any) -> Break:
    return lambda catalog: dataclasses.replace(catalog, annotations=first_row(catalog.annotations, columns))


def first_duplicate(**columns: Any) -> Break:
    return lambda catalog: dataclasses.replace(catalog, duplicates=first_row(catalog.duplicates, columns))


def first_row(table: pl.DataFrame, columns: dict[str, Any]) -> pl.DataFrame:
    first, *others = table.to_dicts()
    return pl.DataFrame([first | columns, *others], schema=table.schema)


BROKEN: list[tuple[Break, str]] = [
    (
        lambda c: dataclasses.replace(c, recordings=c.recordings.drop("part")),
        "recordings have the columns and types",
    ),
    (
        lambda c: dataclasses.replace(c, recordings=c.recordings.cast({"duration": pl.Float32})),
        "recordings have the columns and types",
    ),
    (
        lambda c: dataclasses.replace(c, annotations=c.annotations.rename({"label": "species"})),
        "annotations have the columns and types",
    ),
    (
        lambda c: dataclasses.replace(c, quarantine=c.quarantine.drop("reason")),
        "quarantine has the columns and types",
    ),
    (
        lambda c: dataclasses.replace(c, duplicates=c.duplicates.drop("other")),
        "duplicates have the columns and types",
    ),
    (lambda c: dataclasses.replace(c, species=c.species * 2), "every species is there once"),
    (first_recording(primary_label="dodo"), "every label is a species of the catalog"),
    (first_recording(secondary_labels=["dodo"]), "every label is a species of the catalog"),
    (first_annotation(label="dodo"), "every label is a species of the catalog"),
    (first_annotation(label=None), "every label is a species of the catalog"),
    (first_recording(id="release/b.ogg"), "every id is there once"),
    (first_recording(id=None), "every id is there once"),
    (first_recording(uri="elsewhere/a.ogg"), "every uri lies below a root"),
    (first_recording(uri=None), "every uri lies below a root"),
    (first_recording(part="training"), "every part is train, validation, thresholds, test or unlabelled"),
    (first_recording(part=None), "every part is train, validation, thresholds, test or unlabelled"),
    (first_recording(part="unlabelled"), "a part is unlabelled exactly if its recording is"),
    (
        first_recording(labelled="none", primary_label=None),
        "a part is unlabelled exactly if its recording is",
    ),
    (first_recording(labelled="half"), "every recording is labelled whole, timed, denied or none"),
    (first_recording(labelled=None), "every recording is labelled whole, timed, denied or none"),
    (first_recording(labelled="timed"), "a primary label exactly if it is labelled whole"),
    (first_recording(primary_label=None), "a primary label exactly if it is labelled whole"),
    (first_recording(labelled="none"), "a primary label exactly if it is labelled whole"),
    (first_recording(origin="hearsay"), "every origin is known"),
    (first_recording(origin=None), "every origin is known"),
    (first_recording(duration=0.0), "every recording has a length"),
    (first_recording(duration=None), "every recording has a length"),
    (first_recording(duration=float("nan")), "every recording has a length"),
    (first_recording(group=None), "every recording has a group"),
    (first_recording(group="recordist:b"), "no group is in two parts"),
    (first_annotation(recording="release/nowhere.ogg"), "every annotation belongs to a recording"),
    (first_annotation(recording="release/a.ogg"), "belongs to a recording that is labelled in time"),
    (first_duplicate(other="release/nowhere.ogg"), "every duplicate is a recording of the catalog"),
    (first_duplicate(recording=None), "every duplicate is a recording of the catalog"),
    (first_annotation(end=1.0), "every annotation ends after it starts"),
    (first_annotation(end=None), "every annotation ends after it starts"),
]


@pytest.mark.parametrize(("break_", "rule"), BROKEN)
def test_a_rule_that_is_broken_is_named(catalog: Catalog, break_: Break, rule: str) -> None:
    with pytest.raises(SilencioError, match=rule):
        validate(break_(catalog))


def test_a_catalog_that_breaks_a_rule_is_not_written(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(SilencioError, match="no group is in two parts"):
        first_recording(group="recordist:b")(catalog).write(tmp_path)

    assert not list(tmp_path.iterdir())


def test_a_catalog_is_validated_when_it_is_read(catalog: Catalog, tmp_path: Path) -> None:
    catalog.write(tmp_path)
    broken = first_recording(part="training")(catalog).recordings
    broken.write_parquet(tmp_path / "recordings.parquet")

    with pytest.raises(SilencioError, match="every part is"):
        Catalog.open(seal(tmp_path, Kind.CATALOG, {"roots": catalog.roots}))
