"""What the consumer has done: a file, by its name and its content, is answered once, however often it is killed."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

TABLE = """
CREATE TABLE IF NOT EXISTS files (
    name TEXT NOT NULL, digest TEXT NOT NULL, output TEXT NOT NULL UNIQUE, outcome TEXT,
    PRIMARY KEY (name, digest)
)
"""
HEARD = "heard"


class Journal:
    def __init__(self, file: Path) -> None:
        self._file = file
        with self._database() as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute(TABLE)

    def is_done(self, name: str, digest: str) -> bool:
        with self._database() as database:
            row = database.execute(
                "SELECT outcome FROM files WHERE name = ? AND digest = ?", (name, digest)
            ).fetchone()
        return bool(row and row[0])

    def output(self, name: str, digest: str) -> str:
        """What its answer is called, without suffix: the file's own stem, unless another file of that name came
        before. Decided before the answer is written, so that a second attempt writes over the first."""
        stem = Path(name).stem
        with self._database() as database:
            for output in (stem, f"{stem}-{digest[:12]}"):
                database.execute(
                    "INSERT INTO files VALUES (?, ?, ?, NULL) ON CONFLICT DO NOTHING", (name, digest, output)
                )
            (decided,) = database.execute(
                "SELECT output FROM files WHERE name = ? AND digest = ?", (name, digest)
            ).fetchone()
        return str(decided)

    def done(self, name: str, digest: str, outcome: str = HEARD) -> None:
        """`outcome` is `HEARD`, or why it can never be."""
        with self._database() as database:
            database.execute(
                "UPDATE files SET outcome = ? WHERE name = ? AND digest = ?", (outcome, name, digest)
            )

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file, timeout=30)) as database, database:
            database.execute("PRAGMA synchronous = FULL")
            yield database
