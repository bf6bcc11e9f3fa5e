"""Which bytes lie in a folder: the digest of each file, read again only where the file changed."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from stat import S_ISREG

from silencio.identity import digest_of, digest_of_file

SETTLED = 2.0
"""Seconds. A file that changed this lately may change again without its times telling: it is not remembered."""
CHUNK = 256
"""Files hashed between two commits: what a killed run has to do again."""
TABLE = """
CREATE TABLE IF NOT EXISTS digests (
    path TEXT PRIMARY KEY, size INTEGER, modified INTEGER, changed INTEGER, digest TEXT NOT NULL
)
"""

Stat = tuple[int, int, int]


class Contents:
    """The digests of files, remembered in a table of the workspace.

    Size and times only tell whether a file has to be read again, and go into no digest: a copy of the same data
    elsewhere, or later, is the same data. The time of the last change of the inode is one of them, for a file
    that was changed in place may have been given its old time of modification back.
    """

    def __init__(self, file: Path, settled: float = SETTLED) -> None:
        self.file = file
        self.settled = settled

    def of(
        self, files: Iterable[Path], done: Callable[[int, int], None] = lambda done, of: None
    ) -> dict[Path, str]:
        """By path; a file that is missing or may not be opened is not among them."""
        stats = {path: stat for path in files if (stat := _stat(path))}
        with self._database() as database:
            known = {path: digest for path in stats if (digest := _known(database, path, stats[path]))}
            new = [path for path in stats if path not in known]
            with ThreadPoolExecutor() as pool:
                for first in range(0, len(new), CHUNK):
                    chunk = new[first : first + CHUNK]
                    hashed = dict(zip(chunk, pool.map(_digest, chunk), strict=True))
                    found = {path: digest for path, digest in hashed.items() if digest}
                    known |= found
                    self._remember(database, {path: (stats[path], digest) for path, digest in found.items()})
                    done(first + len(chunk), len(new))
        return known

    def listing(self, folder: Path, done: Callable[[int, int], None] = lambda done, of: None) -> str:
        """Stands for all that lies in a folder: the names and contents of its files, hidden ones left out."""
        files = files_of(folder)
        digests = self.of(files, done)
        return digest_of([[path.relative_to(folder).as_posix(), digests.get(path)] for path in files])

    def _remember(self, database: sqlite3.Connection, found: dict[Path, tuple[Stat, str]]) -> None:
        latest = time.time_ns() - round(self.settled * 1e9)
        rows = [
            (str(path), *stat, digest) for path, (stat, digest) in found.items() if max(stat[1:]) <= latest
        ]
        with database:
            database.executemany("INSERT OR REPLACE INTO digests VALUES (?, ?, ?, ?, ?)", rows)

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.file, timeout=60)) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute(TABLE)
            yield database


def files_of(folder: Path) -> list[Path]:
    """All files at any depth, in order. What is hidden is none of the data: `._1.wav` is what macOS keeps beside
    `1.wav`. Links are followed, but a folder that is reached a second time is not read again."""
    files: list[Path] = []
    seen = set[str]()
    for here, folders, names in os.walk(folder, followlinks=True):
        new = os.path.realpath(here) not in seen
        seen.add(os.path.realpath(here))
        folders[:] = sorted(name for name in folders if new and not name.startswith("."))
        files += [Path(here, name) for name in names if new and not name.startswith(".")]
    return sorted(files)


def _stat(path: Path) -> Stat | None:
    """None of what is no file: opening a pipe would wait for ever."""
    try:
        stat = path.stat()
    except (OSError, ValueError):
        return None
    if not S_ISREG(stat.st_mode):
        return None
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _known(database: sqlite3.Connection, path: Path, stat: Stat) -> str | None:
    row = database.execute(
        "SELECT digest FROM digests WHERE path = ? AND size = ? AND modified = ? AND changed = ?",
        (str(path), *stat),
    ).fetchone()
    return row[0] if row else None


def _digest(path: Path) -> str | None:
    try:
        return digest_of_file(path)
    except OSError:
        return None
