"""The windows that models see: memory-mapped log-mel pictures and an index, one row a window.

A store's folder holds `features.f16` (float16, [windows, mels, frames]), `index.parquet`, `species.csv` and
`frontend.json`.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silencio.audio import LogMel, windows_of
from silencio.audio.windows import Windowed
from silencio.data.catalog import Catalog
from silencio.data.species import Species, read_species, write_species
from silencio.handover import Handover, Kind
from silencio.identity import code_digest
from silencio.settings import FrontEnd
from silencio.workspace import Workspace

FEATURES = "features.f16"
CHUNK = 64
"""Recordings in memory at a time."""

AUDIBLE_SECONDS = 0.5
"""A call counts for a window from this overlap on; less of it nobody could name."""

INDEX = pl.Schema(
    {
        "recording": pl.String(),
        "part": pl.String(),
        "origin": pl.String(),
        "start": pl.Float64(),  # seconds into the recording
        "strong": pl.Boolean(),  # labelled in time, not only as a whole recording
        "labels": pl.List(pl.String()),
        "secondary": pl.List(pl.String()),  # called somewhere in the recording, perhaps not in this window
        "recorded_at": pl.Datetime("us"),
        "snr_db": pl.Float64(),
    }
)


@dataclass(frozen=True)
class Windows:
    handover: Handover

    @classmethod
    def open(cls, handover: Handover) -> Self:
        return cls(handover)

    @cached_property
    def features(self) -> NDArray[np.float16]:
        """[windows, mels, frames], mapped: only what is read is in memory."""
        shape = (len(self.index), *self.front_end.shape)
        return np.memmap(self.handover / FEATURES, np.float16, "r", shape=shape)

    @cached_property
    def index(self) -> pl.DataFrame:
        return pl.read_parquet(self.handover / "index.parquet")

    @cached_property
    def species(self) -> tuple[Species, ...]:
        return read_species(self.handover / "species.csv")

    @cached_property
    def front_end(self) -> FrontEnd:
        return FrontEnd.model_validate_json((self.handover / "frontend.json").read_text())

    def rows(self, part: str) -> NDArray[np.int64]:
        """The windows of a part, [rows]."""
        return np.flatnonzero(self.index["part"].to_numpy() == part)

    def targets(self, column: str = "labels") -> NDArray[np.float32]:
        """1 where a species is named in the column, [windows, classes]."""
        order = {species.code: i for i, species in enumerate(self.species)}
        targets = np.zeros((len(self.index), len(order)), np.float32)
        for row, labels in enumerate(self.index[column]):
            targets[row, [order[label] for label in labels]] = 1
        return targets


def build_windows(
    catalog_handover: Handover,
    front_end: FrontEnd,
    workspace: Workspace,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Handover:
    """`progress` is told (recordings done, recordings in all)."""
    inputs = {
        "catalog": catalog_handover.digest,
        "front_end": front_end.model_dump(),
        "code": code_digest("audio", "data"),
    }

    def build(folder: Path) -> Mapping[str, Any]:
        catalog = Catalog.open(catalog_handover)
        count = _fill(folder, catalog, front_end, progress)
        write_species(catalog.species, folder / "species.csv")
        (folder / "frontend.json").write_text(front_end.model_dump_json(indent=2) + "\n")
        return {"windows": count, "shape": list(front_end.shape)}

    return workspace.produce(Kind.WINDOWS, inputs, build)


def _fill(folder: Path, catalog: Catalog, front_end: FrontEnd, progress: Callable[[int, int], None]) -> int:
    recordings = catalog.recordings.to_dicts()
    annotations = catalog.annotations.partition_by("recording", as_dict=True)
    rows: list[dict[str, Any]] = []
    with (folder / FEATURES).open("wb") as stream:
        for done, (recording, windowed) in enumerate(_pictures(catalog, recordings, front_end), start=1):
            stream.write(windowed.features.astype(np.float16).tobytes())
            rows += _index_rows(recording, windowed, annotations.get((recording["id"],)), front_end)
            progress(done, len(recordings))
    pl.DataFrame(rows, schema=INDEX).write_parquet(folder / "index.parquet")
    return len(rows)


def _pictures(
    catalog: Catalog, recordings: list[dict[str, Any]], front_end: FrontEnd
) -> Iterator[tuple[dict[str, Any], Windowed]]:
    """Each recording's windows, in order. Threads do, for decoder and transform both let go of the lock;
    a chunk at a time, so that memory does not grow with the catalog."""
    log_mel = LogMel(front_end)
    with ThreadPoolExecutor() as pool:
        for first in range(0, len(recordings), CHUNK):
            chunk = recordings[first : first + CHUNK]
            yield from zip(
                chunk, pool.map(lambda r: windows_of(catalog.path_of(r["uri"]), log_mel), chunk), strict=True
            )


def _index_rows(
    recording: dict[str, Any], windowed: Windowed, annotations: pl.DataFrame | None, front_end: FrontEnd
) -> Iterator[dict[str, Any]]:
    strong = recording["primary_label"] is None
    for start in windowed.starts.tolist():
        row = {
            "recording": recording["id"],
            "part": recording["part"],
            "origin": recording["origin"],
            "start": start,
            "strong": strong,
            "labels": [] if strong else [recording["primary_label"]],
            "secondary": recording["secondary_labels"],
            "recorded_at": recording["recorded_at"],
            "snr_db": recording["snr_db"],
        }
        if strong and annotations is not None:
            end = start + front_end.window_seconds
            overlap = pl.min_horizontal("end", pl.lit(end)) - pl.max_horizontal("start", pl.lit(start))
            calls = annotations.filter(overlap >= AUDIBLE_SECONDS)
            row |= {"labels": sorted(set(calls["label"])), "snr_db": calls["snr_db"].max()}
        yield row
