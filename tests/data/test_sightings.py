"""Where and when each species was recorded, counted from a catalog."""

from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from polars.testing import assert_frame_equal

from silencio.data.catalog import ANNOTATIONS, QUARANTINE, RECORDINGS, Catalog
from silencio.data.sightings import Sightings
from silencio.data.species import Species

FROG, BIRD = (Species(code, code, code, "") for code in ("frog", "bird"))
MAY = datetime(2026, 5, 3, 6)
HERE = {"latitude": 9.51, "longitude": -84.49}


def recording(id: str, **columns: Any) -> dict[str, Any]:
    standard = {"part": "train", "labelled": "whole", "primary_label": "frog", "secondary_labels": []}
    return {"id": id} | standard | columns


def counted(rows: list[dict[str, Any]], annotations: list[dict[str, Any]] | None = None) -> list[Any]:
    """(class, month, latitude, longitude, recordings)"""
    within = pl.DataFrame(annotations or [], schema=ANNOTATIONS)
    table = pl.DataFrame(rows, schema=RECORDINGS)
    catalog = Catalog(table, within, (BIRD, FROG), QUARANTINE.to_frame(), {})
    return Sightings.of(catalog, (FROG, BIRD)).table.rows()


def test_recordings_are_counted_by_species_month_and_a_cell_of_a_degree() -> None:
    twice = [recording(name, recorded_at=MAY, **HERE) for name in "ab"]
    assert counted(twice) == [(0, 5, 9.5, -84.5, 2)]


def test_who_calls_in_the_background_counts_as_well() -> None:
    rows = [recording("a", recorded_at=MAY, secondary_labels=["bird", "frog"], **HERE)]
    assert counted(rows) == [(0, 5, 9.5, -84.5, 1), (1, 5, 9.5, -84.5, 1)]


def test_of_a_soundscape_each_species_counts_once() -> None:
    rows = [recording("a", labelled="timed", primary_label=None, recorded_at=MAY)]
    calls = [{"recording": "a", "start": s, "end": s + 1, "label": "bird"} for s in (0.0, 5.0)]
    assert counted(rows, calls) == [(1, 5, None, None, 1)]


def test_what_tells_neither_place_nor_date_counts_nowhere() -> None:
    assert counted([recording("a"), recording("b", latitude=9.5)]) == []


def test_what_models_are_judged_on_tells_nothing() -> None:
    others = ("validation", "thresholds", "test")
    assert counted([recording(part, part=part, recorded_at=MAY) for part in others]) == []


def test_species_that_the_model_does_not_know_are_left_out() -> None:
    assert counted([recording("a", primary_label="cat", recorded_at=MAY)]) == []


def test_they_come_back_as_they_were_written(tmp_path: Path) -> None:
    rows = pl.DataFrame([recording("a", recorded_at=MAY), recording("b", **HERE)], schema=RECORDINGS)
    catalog = Catalog(rows, ANNOTATIONS.to_frame(), (FROG,), QUARANTINE.to_frame(), {})
    known = Sightings.of(catalog, (FROG,))
    known.write(tmp_path / "prior.json")
    assert len(known.table) == 2
    assert_frame_equal(Sightings.read(tmp_path / "prior.json").table, known.table)
