"""The consumer: watches a folder, asks the service about each file that comes, writes one answer for each.

    with Consumer.of(workspace, "http://127.0.0.1:8000") as consumer:
        consumer.run()

Answers are CSV in BirdCLEF's form, a row a window. The service computes the features, on the one path that training
and evaluation take.
"""

import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from silencio.errors import SilencioError, WrongUse
from silencio.serving.exports.formats import MEDIA_TYPES
from silencio.serving.online.arrivals import Arrivals, Arrived
from silencio.serving.online.journal import Journal

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.25
FIRST_WAIT, LONGEST_WAIT = 0.25, 30.0
"""Seconds before the service is asked again, doubled each time."""
FAILURES = 5
"""Of the service at one file, with a 500: then it is the file's fault."""
ASIDE = "unreadable"
"""Within the folder that is watched."""
TIMEOUT_SECONDS = 120.0


class NeverReadable(SilencioError):
    """The service refuses the file itself, and always will."""


@dataclass
class Consumed:
    """How many files, so far."""

    heard: int = 0
    before: int = 0
    """Which an earlier run, or a copy under the same name, was answered for."""
    aside: int = 0


class Consumer:
    def __init__(
        self,
        arrivals: Arrivals,
        output: Path,
        journal: Journal,
        http: httpx.Client,
        told: Callable[[Consumed], None] = lambda consumed: None,
    ) -> None:
        self.consumed = Consumed()
        self._arrivals = arrivals
        self._output = output
        self._journal = journal
        self._http = http
        self._told = told

    def run(self, until_empty: bool = False) -> Consumed:
        """For ever, or until nothing waits."""
        while True:
            for arrived in self._arrivals.look():
                self._one(arrived)
                self._told(self.consumed)
            if until_empty and not self._arrivals.waiting:
                return self.consumed
            time.sleep(LOOK_SECONDS)

    def _one(self, arrived: Arrived) -> None:
        name, digest = arrived.path.name, arrived.digest
        if self._journal.is_done(name, digest):
            self.consumed.before += 1
            return
        output = self._journal.output(name, digest)
        try:
            if arrived.broken:
                raise NeverReadable(arrived.broken, "Write it again.")
            content = self._ask(arrived, output)
        except NeverReadable as error:
            self._put_aside(arrived.path, output, error.problem)
            self._journal.done(name, digest, error.problem)
            self.consumed.aside += 1
            return
        # Killed after this line and before the next, it is answered again and written over: still one file.
        write_whole(self._output / f"{output}.csv", content)
        self._journal.done(name, digest)
        self.consumed.heard += 1

    def _ask(self, arrived: Arrived, name: str) -> bytes:
        """The file's answer: row_id,<species>… and a row a window.

        Again and again while the service is away, or has too much to do.
        """
        wait, failures = FIRST_WAIT, 0
        while True:
            try:
                asked = {"format": "csv", "name": name}
                response = self._http.post("/v1/identify", params=asked, content=arrived.recording)
                if response.status_code == 200 and _is_table(response):
                    return response.content
            except httpx.HTTPError as error:
                log.warning("the service does not answer (%s): again in %.1f s", error, wait)
            else:
                failures += response.status_code == 500
                self._refuse_what_stays_wrong(response, failures)
                wait = max(wait, _asked_to_wait(response))
                log.warning("the service answers %d: again in %.1f s", response.status_code, wait)
            time.sleep(min(wait, LONGEST_WAIT))
            wait = min(2 * wait, LONGEST_WAIT)

    @staticmethod
    def _refuse_what_stays_wrong(response: httpx.Response, failures: int) -> None:
        status = response.status_code
        if status in (401, 403):
            raise WrongUse(
                f"The service refuses to answer ({status}): {_detail(response)}", "Give it a key with --key."
            )
        if status in (200, 404, 405):
            raise WrongUse(
                f"{response.url} is no service of ours ({status}).", "Name its address with --server."
            )
        if (400 <= status < 500 and status not in (408, 429)) or failures >= FAILURES:
            raise NeverReadable(f"the service answers {status}: {_detail(response)}", "Write it again.")

    def _put_aside(self, path: Path, name: str, reason: str) -> None:
        log.warning("%s is put aside: %s", path.name, reason)
        aside = path.parent / ASIDE
        aside.mkdir(exist_ok=True)
        write_whole(aside / f"{name}.reason.txt", f"{reason}\n".encode())
        if path.exists():
            path.replace(aside / f"{name}{path.suffix}")


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Two that watch the same folder would both answer."""
    with (folder / ".consumer.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise WrongUse(
                f"Somebody else writes answers to {folder} already.",
                "Stop the other, or name another workspace.",
            ) from error
        yield


def write_whole(path: Path, content: bytes) -> None:
    """All of it or nothing, and on the disk before anybody says that it is."""
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_table(response: httpx.Response) -> bool:
    said: str = response.headers.get("content-type", "")
    return said.startswith(MEDIA_TYPES["csv"])


def _asked_to_wait(response: httpx.Response) -> float:
    """Seconds; dates are nothing that our service says."""
    said = response.headers.get("retry-after", "")
    return float(said) if said.isdecimal() else 0.0


def _detail(response: httpx.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return response.text[:200]
