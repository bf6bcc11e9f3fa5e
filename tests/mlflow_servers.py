"""Real `mlflow server`s with logins, to write to, to kill and to start again; and a wire before them that fails."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from silencio.serving.process import free_port

ADMIN, PASSWORD = "admin", "the-keeper-of-the-reserve"
PATIENCE = 180
"""Seconds to start: a quiet machine needs fifteen."""
POSTGRES_USER = "postgres"
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\nConnection: close\r\n\r\nNot found"
METHODS = {b"GET", b"POST", b"PUT", b"PATCH", b"DELETE"}


@dataclass
class MlflowServer:
    """One that keeps its store, its artifacts and its port over a `kill`."""

    folder: Path
    store: str
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        (self.folder / "basic_auth.ini").write_text(
            "[mlflow]\ndefault_permission = READ\nadmin_username = admin\n"
            f"database_uri = sqlite:///{self.folder}/basic_auth.db\n"
            "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
        )
        command = ["server", "--app-name", "basic-auth", "--workers", "1", "--host", "127.0.0.1"]
        places = [
            "--backend-store-uri",
            self.store,
            "--artifacts-destination",
            str(self.folder / "artifacts"),
        ]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mlflow", *command, "--port", str(self.port), *places],
                env=os.environ
                | {
                    "MLFLOW_AUTH_CONFIG_PATH": str(self.folder / "basic_auth.ini"),
                    "MLFLOW_AUTH_ADMIN_PASSWORD": PASSWORD,
                    "MLFLOW_FLASK_SERVER_SECRET_KEY": "a test's",
                    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
                    "MLFLOW_DISABLE_TELEMETRY": "true",
                },
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait()

    def kill(self) -> None:
        """`kill -9`, with all its workers."""
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def _wait(self) -> None:
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            assert self.process is not None
            assert self.process.poll() is None, (self.folder / "server.log").read_text()[-3000:]
            with (
                suppress(urllib.error.URLError, OSError),
                urllib.request.urlopen(f"{self.uri}/health", timeout=5),
            ):
                return
            time.sleep(0.2)
        raise TimeoutError((self.folder / "server.log").read_text()[-3000:])


@contextmanager
def mlflow_server(folder: Path, store: str) -> Iterator[MlflowServer]:
    server = MlflowServer(folder, store)
    server.start()
    try:
        yield server
    finally:
        server.kill()


class Wire:
    """Between a client and a server: `cut`, nobody answers; `stalled`, it is taken and goes no further.

    `break_at` so many requests, it is cut: that one does not reach the server, or its answer does not come back.
    """

    def __init__(self, to: int) -> None:
        self.port, self._to = free_port(), to
        self._flows = threading.Event()
        self._flows.set()
        self._listening: socket.socket | None = None
        self._left: int | None = None
        self._heard = False
        self.unknown: bytes | None = None
        """What the server knows nothing of: a request for it is answered with 404."""

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def join(self) -> "Wire":
        self._listening = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()
        return self

    def cut(self) -> None:
        if self._listening:
            # To close it alone would leave the thread that waits for callers waiting.
            with suppress(OSError):
                self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
            self._listening = None

    def break_at(self, requests: int, heard: bool) -> None:
        """`heard`: the server gets the last one, and what it answers is lost."""
        self._left, self._heard = requests, heard

    def heal(self) -> None:
        self._left = None

    def stall(self) -> None:
        self._flows.clear()

    def flow(self) -> None:
        self._flows.set()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                caller, _ = listening.accept()
                called = socket.create_connection(("127.0.0.1", self._to))
                threading.Thread(target=self._ask, args=(caller, called), daemon=True).start()
                threading.Thread(target=self._pump, args=(called, caller), daemon=True).start()

    def _ask(self, caller: socket.socket, called: socket.socket) -> None:
        with suppress(OSError):
            while content := caller.recv(65536):
                self._flows.wait()
                if self.unknown and self.unknown in content.split(b"\r\n", 1)[0]:
                    # Its body may come later, and is no request of its own.
                    caller.sendall(NOT_FOUND)
                    break
                if self._left is not None and content.split(b" ", 1)[0] in METHODS:
                    self._left -= 1
                    if self._left < 0 and not (self._heard and self._left == -1):
                        break
                called.sendall(content)
        for end in (caller, called):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR if self._left is not None else socket.SHUT_WR)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while content := source.recv(65536):
                self._flows.wait()
                if self._left is not None and self._left < 0:
                    sink.shutdown(socket.SHUT_RDWR)
                    break
                sink.sendall(content)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


@contextmanager
def postgresql() -> Iterator[str]:
    """An empty database's address: on the server that SILENCIO_TEST_POSTGRESQL names, or on one of its own."""
    named = os.environ.get("SILENCIO_TEST_POSTGRESQL")
    with _database(named) if named else _own_postgresql() as uri:
        yield uri


@contextmanager
def _own_postgresql() -> Iterator[str]:
    if not (shutil.which("initdb") and shutil.which("postgres")):
        pytest.skip("no PostgreSQL: name one by SILENCIO_TEST_POSTGRESQL, or install it")
    # It refuses to be run by root, and cannot enter pytest's own folders as another user.
    demoted = ["runuser", "-u", POSTGRES_USER, "--"] if os.getuid() == 0 else []
    if demoted and not shutil.which("runuser"):
        pytest.skip("PostgreSQL refuses to be run by root, and there is no runuser")
    with tempfile.TemporaryDirectory() as folder:
        user, port, data = POSTGRES_USER if demoted else "tester", free_port(), f"{folder}/data"
        if demoted:
            shutil.chown(folder, POSTGRES_USER)
        subprocess.run(
            [*demoted, "initdb", "-D", data, "-U", user, "-A", "trust"], check=True, capture_output=True
        )
        options = ["-p", str(port), "-h", "127.0.0.1", "-k", folder, "-c", "fsync=off"]
        server = subprocess.Popen(
            [*demoted, "postgres", "-D", data, *options], stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            with _database(f"postgresql://{user}@127.0.0.1:{port}/postgres") as uri:
                yield uri
        finally:
            os.killpg(server.pid, signal.SIGINT)
            server.wait()


@contextmanager
def _database(server: str) -> Iterator[str]:
    import psycopg2

    name = f"silencio_{secrets.token_hex(4)}"

    def run(statement: str) -> None:
        ends = time.monotonic() + 30
        while True:
            try:
                with closing(psycopg2.connect(server)) as connection:
                    connection.autocommit = True
                    connection.cursor().execute(statement)
                    return
            except psycopg2.OperationalError:
                if time.monotonic() > ends:
                    raise
                time.sleep(0.2)

    run(f"CREATE DATABASE {name}")
    try:
        # The driver is named, for SQLAlchemy takes another one if nothing is said.
        yield f"{server.rpartition('/')[0]}/{name}".replace("postgresql://", "postgresql+psycopg2://")
    finally:
        run(f"DROP DATABASE {name} WITH (FORCE)")
