"""A catalog written by hand: noise of a few seconds a recording, in the twinkling of an eye."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import soundfile

from silencio.data.catalog import ANNOTATIONS, QUARANTINE, RECORDINGS, Catalog
from silencio.data.species import Species
from silencio.handover import Handover, Kind, seal
from silencio.identity import digest_of_file
from silencio.settings import FrontEnd

RATE = 8_000
FRONT_END = FrontEnd(
    sample_rate=RATE, window_seconds=1.0, hop_seconds=1.0, n_fft=256, hop_length=200, n_mels=16, fmax=4_000
)
SPECIES = (
    Species("barant", "Barred Antshrike", "Thamnophilus doliatus", "Aves"),
    Species("comfro", "Common Frog", "Rana communis", "Amphibia"),
    Species("crick1", "Cricket", "Gryllus primus", "Insecta"),
)


@dataclass
class Recorded:
    """A data set as it grows."""

    home: Path
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[dict[str, Any]] = field(default_factory=list)

    @property
    def root(self) -> Path:
        return self.home / "release"

    def add(self, name: str, seconds: float = 2.0, seed: int | None = None, **columns: Any) -> str:
        """The id. `labelled` as a whole, as barant, for training, unless the columns say otherwise."""
        self.root.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(len(self.rows) if seed is None else seed).standard_normal(
            round(seconds * RATE)
        )
        path = self.root / f"{name}.wav"
        soundfile.write(path, 0.1 * noise, RATE)
        whole = columns.get("labelled", "whole") == "whole"
        identity = f"release/{path.name}"
        self.rows[identity] = {
            "id": identity,
            "uri": identity,
            "digest": digest_of_file(path),
            "labelled": "whole",
            "primary_label": "barant" if whole else None,
            "secondary_labels": [],
            "group": name,
            "part": "train",
            "duration": seconds,
            "origin": "release",
            "weight": 1.0,
        } | columns
        return identity

    def call(self, recording: str, start: float, end: float, label: str, snr_db: float | None = None) -> None:
        self.calls.append(
            {"recording": recording, "start": start, "end": end, "label": label, "snr_db": snr_db}
        )

    def path(self, identity: str) -> Path:
        return self.home / identity

    def catalog(self) -> Handover:
        rows = list(self.rows.values())
        catalog = Catalog(
            pl.DataFrame(rows, schema=RECORDINGS).sort("id"),
            pl.DataFrame(self.calls, schema=ANNOTATIONS),
            SPECIES,
            pl.DataFrame(schema=QUARANTINE),
            {"release": str(self.root)},
        )
        folder = self.home / f"catalog{len(list(self.home.glob('catalog*')))}"
        folder.mkdir()
        catalog.write(folder)
        return seal(folder, Kind.CATALOG, {"roots": catalog.roots})
