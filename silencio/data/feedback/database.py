"""A database that several threads and processes write to: SQLite in a file, or PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from silencio.data.feedback.tables import metadata
from silencio.errors import WrongUse
from silencio.workspace import only_one

BUSY_SECONDS = 30
"""How long one writer waits for the others."""
CONNECT_SECONDS = 5
MAKING = 5_716_301
"""PostgreSQL's lock while tables are made: two that find none would both make them."""


class Database:
    """`address` is PostgreSQL's, or none: then it is SQLite in the folder. Nothing is opened before it is asked."""

    def __init__(self, folder: Path, address: str | None) -> None:
        self._folder = None if address else folder
        self._hasty, self._durable = _engines(folder, address)
        self._made, self._making = False, Lock()

    @property
    def is_postgresql(self) -> bool:
        return self._folder is None

    @contextmanager
    def write(self, durable: bool) -> Iterator[Connection]:
        """A transaction. Durable, it outlives a power cut once this returns; else a killed process, but no more."""
        self._make()
        with (self._durable if durable else self._hasty).begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        self._make()
        with self._hasty.connect() as connection:
            yield connection.execution_options(reads=True)

    def close(self) -> None:
        self._hasty.dispose()
        self._durable.dispose()

    def _make(self) -> None:
        """The tables, where they are missing."""
        if self._made:
            return
        with self._making:
            if self._folder is None:
                with self._durable.begin() as connection:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MAKING})
                    metadata.create_all(connection)
            else:
                self._folder.mkdir(parents=True, exist_ok=True)
                # SQLite does not wait for others where it changes how it writes.
                with only_one(self._folder / "making.lock"):
                    with self._durable.connect() as connection:
                        connection.exec_driver_sql("COMMIT")
                        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                    with self._durable.begin() as connection:
                        metadata.create_all(connection)
            self._made = True


def _engines(folder: Path, address: str | None) -> tuple[Engine, Engine]:
    """For what a killed process must not lose, and for what a power cut must not lose either."""
    if address is None:
        return _sqlite(folder, "NORMAL"), _sqlite(folder, "FULL")
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise _no_address(address) from error
    if url.get_backend_name() != "postgresql":
        raise _no_address(address)
    waits = {"pool_pre_ping": True, "pool_timeout": BUSY_SECONDS}
    limits = {"connect_timeout": CONNECT_SECONDS}
    url = url.set(drivername="postgresql+psycopg2")
    hasty = limits | {"options": "-c synchronous_commit=off"}
    return create_engine(url, connect_args=hasty, **waits), create_engine(url, connect_args=limits, **waits)


def _sqlite(folder: Path, synchronous: str) -> Engine:
    engine = create_engine(f"sqlite:///{folder / 'kept.sqlite'}", connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _connected(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        # Python's driver would begin transactions by itself, and too late: what was read may have changed by then.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA synchronous = {synchronous}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        reads = connection.get_execution_options().get("reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _no_address(address: str) -> WrongUse:
    shown = address.rpartition("@")[2]  # without its password
    return WrongUse(
        f"keeping.database is {shown}, and no address of a PostgreSQL database.",
        "Write postgresql://user:password@host/name, or leave it out for SQLite in the feedback folder.",
    )
