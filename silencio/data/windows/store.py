"""The windows that models see: memory-mapped pictures and an index, one row a window.

A store's folder holds `shards/00000.f16` … (float16, [windows, *shape]), `index.parquet`, `species.csv` and
`frontend.json`.
"""

import errno
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silencio.audio import Scale
from silencio.audio.embedding import found
from silencio.data.catalog import Catalog
from silencio.data.species import Species, read_species, write_species
from silencio.data.windows.building import make_shards
from silencio.data.windows.crews import Crew
from silencio.data.windows.index import index_of
from silencio.data.windows.mapped import Mapped
from silencio.data.windows.shards import Shard, Shards
from silencio.handover import Handover, Kind
from silencio.identity import code_digest
from silencio.settings import FrontEnd
from silencio.workspace import Filled, Workspace, only_one

log = logging.getLogger(__name__)

SHARDS = "shards"
NO_LINKS = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP}
"""How file systems say that they have no hard links, or not here."""


def shard_name(number: int) -> str:
    return f"{SHARDS}/{number:06d}.f16"


@dataclass(frozen=True)
class Windows:
    handover: Handover

    @classmethod
    def open(cls, handover: Handover) -> Self:
        return cls(handover)

    def __reduce__(self) -> tuple[Any, ...]:
        """Sent to another process, it is opened again there: what was read so far stays here."""
        return type(self).open, (self.handover,)

    @cached_property
    def features(self) -> Mapped:
        """float16, [windows, *shape], mapped: only what is read is in memory."""
        files = [self.handover / name for name in sorted(self.handover.files) if name.startswith(SHARDS)]
        where = self.index["shard"].to_numpy(), self.index["row"].to_numpy()
        return Mapped(files, self.front_end.shape, *where)

    @cached_property
    def index(self) -> pl.DataFrame:
        return pl.read_parquet(self.handover / "index.parquet")

    @cached_property
    def scale(self) -> Scale | None:
        """What turns the features of each window back into decibels; coefficients have none."""
        offset, scale = self.index["offset_db"], self.index["scale_db"]
        return None if scale.has_nulls() else Scale(offset.to_numpy(), scale.to_numpy())

    @cached_property
    def species(self) -> tuple[Species, ...]:
        return read_species(self.handover / "species.csv")

    @cached_property
    def front_end(self) -> FrontEnd:
        """Of an embedding model it knows what it is, not where it lies."""
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
    crew: Crew | None = None,
) -> Handover:
    """`progress` is told (recordings done, recordings in all); who hears them makes no difference to the result."""
    inputs = {
        "catalog": catalog_handover.digest,
        "front_end": front_end.anywhere().model_dump(mode="json"),
        "code": code_digest("audio", "data"),
    }

    def build(folder: Path) -> Filled:
        catalog, shards = Catalog.open(catalog_handover), Shards.of(front_end, workspace)
        with only_one(shards.lock):
            made = make_shards(catalog, found(front_end, workspace.root), shards, progress, crew)
            _share(shards, made, folder)
        index = index_of(catalog, made, front_end)
        index.write_parquet(folder / "index.parquet")
        write_species(catalog.species, folder / "species.csv")
        (folder / "frontend.json").write_text(front_end.anywhere().model_dump_json(indent=2) + "\n")
        known = {shard_name(number): shard.digest for number, shard in enumerate(made)}
        facts = {"windows": len(index), "shape": list(front_end.shape), "shards": len(made)}
        return Filled(facts, known)

    return workspace.produce(Kind.WINDOWS, inputs, build)


def _share(shards: Shards, made: list[Shard], folder: Path) -> None:
    """The store's files are the shards' own, by another name; copies where the file system has no hard links."""
    shutil.rmtree(folder / SHARDS, ignore_errors=True)
    (folder / SHARDS).mkdir()
    for number, shard in enumerate(made):
        source, target = shards.file(shard.key), folder / shard_name(number)
        try:
            target.hardlink_to(source)
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            log.info("%s cannot be linked (%s): it is copied", source, error.strerror)
            shutil.copyfile(source, target)
