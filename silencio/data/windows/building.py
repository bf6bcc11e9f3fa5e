"""Make the shards that a catalog needs: whatever was heard before is copied, and only the rest is heard."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import polars as pl

from silencio.data.catalog import Catalog
from silencio.data.windows.crews import Crew, alone, cores, processes
from silencio.data.windows.hearing import Held, Job, Recording
from silencio.data.windows.shards import Shard, Shards, deal, key_of
from silencio.errors import SilencioError
from silencio.settings import FrontEnd

log = logging.getLogger(__name__)

SECONDS_A_PROCESS = 900.0
"""Of recordings. Fewer are heard sooner than a process has started."""


def make_shards(
    catalog: Catalog,
    front_end: FrontEnd,
    shards: Shards,
    progress: Callable[[int, int], None],
    crew: Crew | None,
) -> list[Shard]:
    """The shards that hold the catalog's recordings, each once. A killed call's finished shards are taken as they are.

    `progress` is told (recordings done, recordings in all). Without a `crew`, there are as many processes as pay.
    """
    needed = {key_of(dealt): dealt for dealt in deal(catalog.recordings["digest"].unique().to_list())}
    found = {key: shard for key in needed if (shard := shards.find(key))}
    missing = {key: dealt for key, dealt in needed.items() if key not in found}
    if missing:
        shards.sweep()
        work = _Work.of(catalog, front_end, shards, missing)
        chosen = crew or _crew(work.seconds())
        total = sum(map(len, needed.values()))
        done = total - sum(map(len, missing.values()))
        with closing(chosen(work.jobs())) as words:
            for word in words:
                if word.problem:
                    raise SilencioError(word.problem, word.remedy)
                if word.heard:
                    done += word.heard
                    progress(done, total)
    return [found.get(key) or _made(shards, key) for key in needed]


def _crew(seconds: float) -> Crew:
    workers = min(cores(), int(seconds / SECONDS_A_PROCESS))
    log.info("%.0f s of recordings to hear; processes: %d", seconds, max(1, workers))
    return processes(workers) if workers > 1 else alone


def _made(shards: Shards, key: str) -> Shard:
    shard = shards.find(key)
    if shard is None:
        raise SilencioError(
            f"{shards.file(key)} was made, yet it is not there.",
            "Machines that share the work must see the workspace at the same path: mount it there.",
        )
    return shard


@dataclass(frozen=True)
class _Work:
    """What is missing, and what is known of each recording in it."""

    shards: Shards
    front_end: FrontEnd
    missing: Mapping[str, Sequence[str]]
    files: Mapping[str, tuple[str, float]]
    """uri and seconds, by digest; where files are equal, of one of them."""
    held: Mapping[str, Held]
    catalog: Catalog

    @classmethod
    def of(
        cls, catalog: Catalog, front_end: FrontEnd, shards: Shards, missing: Mapping[str, Sequence[str]]
    ) -> "_Work":
        wanted = {digest for dealt in missing.values() for digest in dealt}
        files = catalog.recordings.sort("id", descending=True).filter(pl.col("digest").is_in(wanted))
        known = {digest: (uri, s) for digest, uri, s in files.select("digest", "uri", "duration").iter_rows()}
        return cls(shards, front_end, missing, known, dict(_held(shards, wanted)), catalog)

    def jobs(self) -> Iterator[Job]:
        """The long ones first, so that at the end no core is left alone with one."""
        for key in sorted(self.missing, key=lambda key: (-self.seconds(key), key)):
            recordings = tuple(self._recording(digest) for digest in self.missing[key])
            yield Job(folder=self.shards.folder, key=key, front_end=self.front_end, recordings=recordings)

    def seconds(self, *keys: str) -> float:
        """That are to be heard for these shards; for all if none is named."""
        dealt = (digest for key in keys or self.missing for digest in self.missing[key])
        return sum(self.files[digest][1] for digest in dealt if digest not in self.held)

    def _recording(self, digest: str) -> Recording:
        uri, _ = self.files[digest]
        path = self.catalog.path_of(uri)
        return Recording(digest=digest, uri=uri, path=path, held=self.held.get(digest))


def _held(shards: Shards, wanted: set[str]) -> Iterator[tuple[str, Held]]:
    """The recordings that some shard holds already."""
    for shard in shards.all():
        first = 0
        for heard in shard.heard:
            if heard.recording in wanted:
                yield heard.recording, Held(key=shard.key, first=first, heard=heard)
            first += len(heard.starts)
