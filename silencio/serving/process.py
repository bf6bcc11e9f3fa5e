"""Servers as processes of their own: start one, wait until it is ready, find it again, stop it by its id."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from silencio.errors import SilencioError

POLL_SECONDS = 0.05
TAIL_LINES = 20

_children: dict[int, subprocess.Popen[bytes]] = {}
"""Servers outlive who started them, and Popen complains when it is dropped before its process."""


@dataclass(frozen=True)
class RunningProcess:
    """Plain values, so that it can be written down and used by another process later."""

    pid: int
    born: str
    """When the system started it: the same id later may be somebody else."""

    def alive(self) -> bool:
        if self.pid in _children:
            _children[self.pid].poll()  # reaps it if it ended
        return born(self.pid) == self.born

    def stop(self, grace: float = 40.0) -> None:
        """SIGTERM, and SIGKILL after `grace` seconds, in which a service finishes what it has.

        Nothing happens to a process that is gone.
        """
        for ask, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
            if not self.alive():
                return
            os.kill(self.pid, ask)
            until = time.monotonic() + patience
            while self.alive() and time.monotonic() < until:
                time.sleep(POLL_SECONDS)


def silencio_command(*arguments: str) -> list[str]:
    """The `silencio` command of this very installation."""
    return [sys.executable, "-m", "silencio", *arguments]


def free_port(preferred: int = 0) -> int:
    """A port of the loopback that nobody listens on: the preferred one if it is free."""
    for port in (preferred, 0):
        try:
            with socket.create_server(("127.0.0.1", port)) as probe:
                return int(probe.getsockname()[1])
        except OSError:
            continue
    raise SilencioError("No port of the loopback is free.", "End some of the servers that run here.")


def start(command: Sequence[str], log_file: Path, ready_url: str, timeout: float = 60.0) -> RunningProcess:
    """Start a server in a session of its own, and return once `ready_url` answers 200.

    What it prints goes to `log_file`. One that ends or is not ready in time is stopped, and the error shows
    the log's last lines.
    """
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("ab") as log:
        begin = log.tell()
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    _children[child.pid] = child
    process = RunningProcess(child.pid, born(child.pid) or "")
    until = time.monotonic() + timeout
    while time.monotonic() < until and child.poll() is None:
        if answers(ready_url):
            return process
        time.sleep(POLL_SECONDS)
    how = "was not ready in time" if child.poll() is None else f"ended with {child.returncode}"
    process.stop()
    tail = log_file.read_bytes()[begin:].decode(errors="replace").splitlines()[-TAIL_LINES:]
    raise SilencioError(
        f"`{' '.join(command)}` {how}. Its last words:\n" + "\n".join(tail), f"All of them are in {log_file}."
    )


def answers(url: str) -> bool:
    try:
        # Loopback addresses are never to be asked of a proxy that the environment names.
        return httpx.get(url, timeout=2.0, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def born(pid: int) -> str | None:
    """When a process started, in the system's own words; None if none has that id, or it has ended."""
    if Path("/proc/self/stat").exists():
        try:
            state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if state == "Z" else rest[18]
    said = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return said.stdout.strip() or None
