"""What guides say about recordings that the service heard: kept with its audio until the next catalog is made."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

TABLES = """
CREATE TABLE IF NOT EXISTS heard (
    request TEXT PRIMARY KEY, audio TEXT NOT NULL, at TEXT NOT NULL, model TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS corrections (
    audio TEXT NOT NULL, species TEXT NOT NULL, said_by TEXT NOT NULL, at TEXT NOT NULL, request TEXT NOT NULL,
    PRIMARY KEY (audio, said_by)
);
"""


@dataclass(frozen=True)
class Correction:
    audio: str
    """The audio's file name below `audio/`: its SHA-256 and suffix."""
    species: str
    said_by: str
    at: datetime


class FeedbackStore:
    """SQLite beside a folder of audio files. What `correct` returned from is on disk.

    The service writes from several threads and its process may be killed: every call has a connection of its
    own, and the write-ahead log is synced at every commit.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "audio").mkdir(parents=True, exist_ok=True)
        with self._database() as database:
            database.executescript(TABLES)

    def hear(self, request: str, audio: bytes, suffix: str, model: str) -> None:
        """Keep the audio of a request, so that a correction of it can come later."""
        name = f"{sha256(audio).hexdigest()}{suffix}"
        path = self.folder / "audio" / name
        if not path.exists():
            partial = path.with_name(f"{request}.partial")
            partial.write_bytes(audio)
            partial.replace(path)
        with self._database() as database:
            row = (request, name, datetime.now(UTC).isoformat(), model)
            database.execute("INSERT INTO heard VALUES (?, ?, ?, ?)", row)

    def correct(self, request: str, species: str, said_by: str) -> bool:
        """False if no such request is known. Saying it again changes one's own word, never adds a second."""
        with self._database() as database:
            heard = database.execute("SELECT audio FROM heard WHERE request = ?", (request,)).fetchone()
            if heard is None:
                return False
            database.execute(
                "INSERT INTO corrections VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET species = excluded.species, at = excluded.at, request = excluded.request "
                "WHERE species != excluded.species",
                (heard[0], species, said_by, datetime.now(UTC).isoformat(), request),
            )
        return True

    def corrections(self) -> list[Correction]:
        with self._database() as database:
            rows = database.execute(
                "SELECT audio, species, said_by, at FROM corrections ORDER BY audio, said_by"
            )
            return [Correction(a, s, by, datetime.fromisoformat(at)) for a, s, by, at in rows]

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.folder / "feedback.sqlite", timeout=30)) as database, database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            yield database
