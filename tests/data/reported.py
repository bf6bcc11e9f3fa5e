"""Catalogs for the data report: each recording is a short tone, and tells no more than it is asked to."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import soundfile

from silencio.data.catalog import ANNOTATIONS, DUPLICATES, QUARANTINE, RECORDINGS, Catalog
from silencio.data.report.material import Material
from silencio.data.report.page import render
from silencio.data.species import Species
from silencio.settings import FrontEnd

RATE = 8_000
FRONT_END = FrontEnd(
    sample_rate=RATE, n_fft=256, hop_length=160, n_mels=24, fmax=4_000, window_seconds=1.0, hop_seconds=1.0
)


def tone(path: Path, hertz: float = 1000.0, seconds: float = 1.5) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(round(seconds * RATE)) / RATE
    soundfile.write(path, (0.3 * np.sin(2 * np.pi * hertz * time)).astype(np.float32), RATE)
    return path


def recording(name: str, label: str | None = "bird", **columns: Any) -> dict[str, Any]:
    """With nothing that a data set need not tell."""
    uri = f"release/{name}"
    return {
        "id": uri,
        "uri": uri,
        "digest": "00",
        "labelled": "whole" if label else "none",
        "primary_label": label,
        "secondary_labels": [],
        "group": "recordist:a",
        "part": "train" if label else "unlabelled",
        "duration": 1.5,
        "sample_rate": RATE,
        "origin": "release",
        "weight": 1.0,
        **columns,
    }


def catalog_of(
    root: Path, rows: list[dict[str, Any]], species: tuple[Species, ...], **tables: Any
) -> Catalog:
    """Each recording's file is written: a tone."""
    for number, row in enumerate(rows):
        tone(root / row["uri"].removeprefix("release/"), 500 + 250 * (number % 10))
    return Catalog(
        pl.DataFrame(rows, schema=RECORDINGS),
        pl.DataFrame(tables.get("annotations", []), schema=ANNOTATIONS, orient="row"),
        species,
        pl.DataFrame(tables.get("quarantine", []), schema=QUARANTINE, orient="row"),
        {"release": str(root)},
        pl.DataFrame(tables.get("duplicates", []), schema=DUPLICATES, orient="row"),
    )


BIRD, FROG = (
    Species("bird", "Wrenlet", "U. silens", "Aves"),
    Species("frog", "Tree frog", "H. comis", "Amphibia"),
)


def page_of(catalog: Catalog, name: str = "mine", left_out: Mapping[str, int] | None = None) -> str:
    return render(Material(catalog, left_out or {}), FRONT_END, name, "0" * 64, lambda done, of: None)
