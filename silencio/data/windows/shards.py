"""Shards: one file holds the windows of a few recordings, and is found again by what those recordings are.

Recordings are dealt to shards by the leading bits of their files' digests, each shard taking as many bits as keep it
small. So which recordings share a shard depends on the recordings alone, not on the order in which they came, and
one recording more changes one shard, or splits it.

`processed/shards/<front end and code>/` holds, for each shard, `<key>.f16` (float16, [windows, *shape]) and
`<key>.json`, which says what is in it. Stores of windows share those files by hard links.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict

from silencio.identity import code_digest, digest_of, digest_of_file
from silencio.settings import FrontEnd
from silencio.workspace import Workspace, only_one

log = logging.getLogger(__name__)

MOST = 32
"""Recordings of a shard: so few that to copy it costs less than to hear one recording, so many that a large catalog
is no flood of files."""

PARTIAL = ".partial"


class Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Heard(Record):
    """The windows of one recording within a shard."""

    recording: str
    """The digest of its file."""
    starts: tuple[float, ...]
    """Seconds into the recording, [windows]"""
    offset_db: tuple[float, ...] | None = None
    """With `scale_db`, what turns each window back into decibels, [windows]; coefficients have none."""
    scale_db: tuple[float, ...] | None = None


class Shard(Record):
    """What `<key>.json` says of `<key>.f16`."""

    key: str
    digest: str
    """SHA-256 of the file of windows."""
    heard: tuple[Heard, ...]
    """In the order of the file."""

    @property
    def windows(self) -> int:
        return sum(len(heard.starts) for heard in self.heard)


def deal(recordings: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The recordings' digests (64 hexadecimal digits, each once), as they share shards; in order of the digests."""
    yield from _split(sorted(recordings), bit=255)


def _split(recordings: Sequence[str], bit: int) -> Iterator[tuple[str, ...]]:
    """All that share the bits above this one; sorted."""
    if len(recordings) <= MOST:
        if recordings:
            yield tuple(recordings)
        return
    ones = [r for r in recordings if int(r, 16) >> bit & 1]
    yield from _split(recordings[: len(recordings) - len(ones)], bit - 1)
    yield from _split(ones, bit - 1)


def key_of(recordings: Sequence[str]) -> str:
    """Of the shard that holds these recordings."""
    return digest_of(list(recordings))[:32]


@dataclass(frozen=True)
class Shards:
    """All shards of one front end, as computed by one version of the code."""

    folder: Path

    @classmethod
    def of(cls, front_end: FrontEnd, workspace: Workspace) -> Self:
        made_by = {
            "front_end": front_end.anywhere().model_dump(mode="json"),
            "audio": code_digest("audio"),
            "hearing": digest_of_file(Path(__file__).with_name("hearing.py")),
        }
        return cls(workspace / f"processed/shards/{digest_of(made_by)[:16]}")

    @property
    def lock(self) -> Path:
        """Held while shards are made and linked, so that none is pruned in between."""
        return self.folder / "lock"

    def file(self, key: str) -> Path:
        return self.folder / f"{key}.f16"

    def record(self, key: str) -> Path:
        return self.folder / f"{key}.json"

    def find(self, key: str) -> Shard | None:
        """The shard, if it is whole. Stores share its file, so one that was written to since is hashed first."""
        file, record = self.file(key), self.record(key)
        if not (file.exists() and record.exists()):
            return None
        shard = Shard.model_validate_json(record.read_bytes())
        if file.stat().st_mtime_ns > record.stat().st_mtime_ns:
            if digest_of_file(file) != shard.digest:
                log.warning("%s was changed since it was written: it is made again", file)
                return None
            record.touch()
        return shard

    def all(self) -> Iterator[Shard]:
        for record in sorted(self.folder.glob("*.json")):
            if shard := self.find(record.stem):
                yield shard

    def sweep(self) -> None:
        """Remove what killed workers left behind."""
        for unfinished in self.folder.glob(f"*{PARTIAL}"):
            unfinished.unlink()


@dataclass(frozen=True)
class Pruned:
    shards: int
    bytes: int


def prune(workspace: Workspace) -> Pruned:
    """Remove the shards that no store of windows links any more."""
    shards, freed = 0, 0
    for folder in sorted(p for p in (workspace / "processed/shards").iterdir() if p.is_dir()):
        kept = Shards(folder)
        with only_one(kept.lock):
            kept.sweep()
            for file in folder.glob("*.f16"):
                if file.stat().st_nlink == 1:
                    shards, freed = shards + 1, freed + file.stat().st_size
                    file.unlink()
                    kept.record(file.stem).unlink(missing_ok=True)
    return Pruned(shards, freed)
