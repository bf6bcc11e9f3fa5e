"""The bundle: everything that serving, packaging and rolling back need, in one sealed folder.

model.onnx  engine.json  labels.csv  thresholds.json  frontend.json  variants.json  report/  model_card.md
sbom.json  manifest.json  and embedding.onnx, where the front end is an embedding model, and prior.json, where
recordings tell their place or their date
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from silencio.audio.embedding import verified
from silencio.data.sightings import Sightings
from silencio.data.species import Species, read_species, write_species
from silencio.handover import Handover, Kind, open_handover
from silencio.optimize.engines.model import Model
from silencio.optimize.engines.runs_on import RunsOn, open_model
from silencio.settings import FrontEnd
from silencio.settings.front_end import EMBEDDING

MODEL, ENGINE, CARD, SBOM, REPORT = "model.onnx", "engine.json", "model_card.md", "sbom.json", "report"
PRIOR = "prior.json"


@dataclass(frozen=True)
class Bundle:
    handover: Handover

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Every file is hashed against the manifest before any of them is used."""
        return cls(open_handover(folder, Kind.BUNDLE).verify())

    @property
    def folder(self) -> Path:
        return self.handover.folder

    @property
    def digest(self) -> str:
        return self.handover.digest

    @property
    def facts(self) -> Mapping[str, Any]:
        return self.handover.facts

    @cached_property
    def species(self) -> tuple[Species, ...]:
        return read_species(self.folder / "labels.csv")

    @cached_property
    def thresholds(self) -> NDArray[np.float32]:
        """The probability from which on a species counts as heard, [classes]."""
        by_code = json.loads((self.folder / "thresholds.json").read_text())
        return np.array([by_code[s.code] for s in self.species], dtype=np.float32)

    @cached_property
    def front_end(self) -> FrontEnd:
        front_end = FrontEnd.model_validate_json((self.folder / "frontend.json").read_text())
        return front_end.at(self.folder / EMBEDDING) if front_end.embedding_model else front_end

    @cached_property
    def sightings(self) -> Sightings | None:
        """Where and when each species was recorded; None where the catalog told neither."""
        path = self.folder / PRIOR
        return Sightings.read(path) if path.exists() else None

    @cached_property
    def card(self) -> str | None:
        """Markdown: what a person wants to know of the model."""
        path = self.folder / CARD
        return path.read_text() if path.exists() else None

    @cached_property
    def runs_on(self) -> RunsOn:
        return RunsOn.read(self.folder / ENGINE)

    def model(self, threads: int = 1) -> Model:
        return open_model(self.folder / MODEL, self.runs_on, threads)


def write_contents(
    folder: Path,
    species: tuple[Species, ...],
    thresholds: Mapping[str, float],
    front_end: FrontEnd,
    runs_on: RunsOn = RunsOn(),
    sightings: Sightings | None = None,
) -> None:
    """What lies beside model.onnx; of an embedding model, where it lies must be known. Sealing is the caller's."""
    runs_on.write(folder / ENGINE)
    write_species(species, folder / "labels.csv")
    (folder / "thresholds.json").write_text(json.dumps(thresholds, indent=2, sort_keys=True) + "\n")
    (folder / "frontend.json").write_text(front_end.anywhere().model_dump_json(indent=2) + "\n")
    if front_end.embedding_model:
        shutil.copyfile(verified(front_end), folder / EMBEDDING)
    if sightings is not None and len(sightings.table):
        sightings.write(folder / PRIOR)
