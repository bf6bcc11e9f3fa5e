"""Open every recording once: how long it is, how it sounds, or why it cannot be used."""

import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import soundfile

from silencio.audio.decode import Limits, Unreadable, decode
from silencio.audio.fingerprint import fingerprint
from silencio.data.ingest import kinds, wholeness
from silencio.identity import code_digest, digest_of, digest_of_file

LIMITS = Limits()
CHUNK = 64
"""Recordings between two commits: what a killed run has to do again, and what is in memory at a time."""
TABLE = """
CREATE TABLE IF NOT EXISTS inspections (
    digest TEXT PRIMARY KEY, kind TEXT, duration REAL, sample_rate INTEGER, fingerprint BLOB, reason TEXT
)
"""


@dataclass(frozen=True)
class Inspection:
    digest: str
    kind: str | None = None
    """WAV, OGG, … by content; None if it is none that is known."""
    duration: float | None = None
    """Seconds."""
    sample_rate: int | None = None
    fingerprint: bytes | None = None
    """Its words, little-endian uint32: see `silencio.audio.fingerprint`."""
    reason: str | None = None
    """Why it cannot be used; then nothing but the kind is known."""


def inspect(path: Path) -> Inspection:
    """All of it is decoded: a header says nothing of what a decoder finds behind it."""
    try:
        if path.stat().st_size > LIMITS.max_bytes:
            return Inspection(digest_of_file(path), reason=f"it has more than {LIMITS.max_bytes} bytes")
        recording = path.read_bytes()
    except OSError as error:
        return Inspection("", reason=f"the file cannot be opened ({error.strerror})")
    digest, kind = sha256(recording).hexdigest(), kinds.found(recording[:12])
    if not recording:
        return Inspection(digest, reason="the file is empty")
    try:
        samples, rate = decode(recording, LIMITS)
    except Unreadable as error:
        return Inspection(digest, kind, reason=error.problem)
    if wholeness.is_cut_short(recording, kind):
        return Inspection(digest, kind, reason="it ends before its header says that it does")
    words = fingerprint(samples, rate).astype("<u4").tobytes()
    return Inspection(digest, kind, len(samples) / rate, rate, words)


class Inspections:
    """What was found in each file, by its content: remembered in a table of the workspace, so that one new file
    costs one file, and a run that was killed goes on where it was."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / f"inspections-{_key()[:12]}.sqlite"

    def of(
        self, digests: Mapping[Path, str], done: Callable[[int, int], None] = lambda done, of: None
    ) -> dict[Path, Inspection]:
        """Of each path, whose digest is known; `done` is told (recordings done, recordings in all)."""
        with self._database() as database:
            known = {digest: one for digest in digests.values() if (one := _known(database, digest))}
            new = list({digest: path for path, digest in digests.items() if digest not in known}.items())
            # Threads do: decoder, digest and transform let go of the lock.
            with ThreadPoolExecutor() as pool:
                for first in range(0, len(new), CHUNK):
                    chunk = dict(new[first : first + CHUNK])
                    known |= dict(zip(chunk, pool.map(inspect, chunk.values()), strict=True))
                    _remember(database, [known[digest] for digest in chunk])
                    done(len(digests) - len(new) + first + len(chunk), len(digests))
        return {path: known[digest] for path, digest in digests.items()}

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.file, timeout=60)) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute(TABLE)
            yield database


def _key() -> str:
    """What an inspection is made by: another decoder may read what this one refuses."""
    here = [
        digest_of_file(Path(module.__file__ or "")) for module in (kinds, wholeness, sys.modules[__name__])
    ]
    return digest_of([code_digest("audio"), here, soundfile.__libsndfile_version__, version("av")])


def _known(database: sqlite3.Connection, digest: str) -> Inspection | None:
    row = database.execute("SELECT * FROM inspections WHERE digest = ?", (digest,)).fetchone()
    return Inspection(*row) if row else None


def _remember(database: sqlite3.Connection, inspections: list[Inspection]) -> None:
    """A file that could not be opened has no digest: the next run tries again."""
    rows = [astuple(one) for one in inspections if one.digest]
    with database:
        database.executemany("INSERT OR REPLACE INTO inspections VALUES (?, ?, ?, ?, ?, ?)", rows)
