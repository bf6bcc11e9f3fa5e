"""A service, a workspace and a consumer, each in a process of its own where that is what a test is about."""

import csv
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from silencio.optimize.bundle import Bundle
from silencio.serving.process import RunningProcess, free_port, silencio_command, start
from tests.conftest import ROOT


@contextmanager
def serving(bundle: Bundle, folder: Path, port: int | None = None, *options: str) -> Iterator[str]:
    """The address of a service of a bundle."""
    port = port or free_port()
    process = start_service(bundle, folder, port, *options)
    yield f"http://127.0.0.1:{port}"
    process.stop()


def start_service(bundle: Bundle, folder: Path, port: int, *options: str) -> RunningProcess:
    what = ["--bundle", str(bundle.folder), "--port", str(port), *options]
    return start(silencio_command("serve", *what), folder / "service.log", f"http://127.0.0.1:{port}/readyz")


def consuming(workspace: Path, address: str, *options: str) -> subprocess.Popen[bytes]:
    command = ["stream", "consume", "--workspace", str(workspace), "--server", address, *options]
    return subprocess.Popen(
        [sys.executable, "-m", "silencio", *command],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=(workspace / "consumer.log").open("ab"),
    )


def rows(output: Path) -> list[dict[str, str]]:
    with output.open(newline="") as file:
        return list(csv.DictReader(file))


def answered(workspace: Path) -> list[str]:
    return sorted(path.name for path in (workspace / "online_output").glob("*.csv"))
