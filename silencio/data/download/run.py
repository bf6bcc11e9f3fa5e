"""Bring many recordings: who fetches which, what is there already, what failed.

Killed at any moment and run again it goes on: what is whole lies under its name, what is not under `.parts/`.
"""

import asyncio
import csv
import fcntl
import logging
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import httpx

from silencio import __version__
from silencio.audio.decode import Limits, Unreadable
from silencio.data.download.arrived import into_wav, is_whole
from silencio.data.download.fetch import Later, Never, Unheard, fetch, host_of
from silencio.data.download.hosts import Hosts
from silencio.data.download.part import Part
from silencio.data.download.patience import Patience
from silencio.errors import SilencioError, WrongUse
from silencio.progress import Progress, Tell, nobody

log = logging.getLogger(__name__)

FAILED = "failed.csv"
PARTS = ".parts"
LIMITS = Limits(max_bytes=1 << 28)


@dataclass(frozen=True)
class Failure:
    name: str
    url: str
    reason: str


def download(
    addresses: Mapping[str, str],
    folder: Path,
    workers: int = 5,
    patience: Patience = Patience(),
    limits: Limits = LIMITS,
    tell: Tell = nobody,
) -> tuple[Failure, ...]:
    """Each of the addresses, by name, as `<folder>/<name>.wav`; those that are there already are not asked for.

    What failed is returned by name, and written to `<folder>/failed.csv`; run again, it is tried again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        missing = {name: url for name, url in addresses.items() if not is_whole(folder / f"{name}.wav")}
        crew = _Crew(folder, patience, limits, tell, len(addresses))
        try:
            failures = asyncio.run(crew.bring(missing, workers))
        except OSError as error:
            raise SilencioError(
                f"{folder} cannot be written to ({error.strerror}).",
                "Make room there, and run again: what came already is kept.",
            ) from error
        _write(failures, folder / FAILED)
        if not failures:
            shutil.rmtree(folder / PARTS, ignore_errors=True)
    return failures


def by_reason(failures: tuple[Failure, ...]) -> list[tuple[str, int, str]]:
    """(reason, how many, the first one's address), the most frequent first."""
    first = {failure.reason: failure.url for failure in reversed(failures)}
    counts = Counter(failure.reason for failure in failures)
    return [(reason, count, first[reason]) for reason, count in counts.most_common()]


class _Crew:
    def __init__(self, folder: Path, patience: Patience, limits: Limits, tell: Tell, of: int) -> None:
        self._folder, self._patience, self._limits = folder, patience, limits
        self._hosts = Hosts(patience)
        self._tell, self._of, self._done = tell, of, 0
        self._failures: list[Failure] = []

    async def bring(self, missing: Mapping[str, str], workers: int) -> tuple[Failure, ...]:
        self._done = self._of - len(missing)
        self._tell(Progress(self._done, self._of, "recordings"))
        queue = iter(missing.items())
        timeout = httpx.Timeout(self._patience.read, connect=self._patience.connect, pool=None)
        agent = {"User-Agent": f"silencio/{__version__}"}
        async with httpx.AsyncClient(timeout=timeout, headers=agent) as client:
            await asyncio.gather(*(self._work(client, queue) for _ in range(workers)))
        return tuple(sorted(self._failures, key=lambda failure: failure.name))

    async def _work(self, client: httpx.AsyncClient, queue: Iterator[tuple[str, str]]) -> None:
        """Whoever is free takes the next."""
        for name, url in queue:
            try:
                await self._bring_one(client, name, url)
            except (Never, Later) as error:
                log.debug("%s: %s (%s)", name, error, url)
                self._failures.append(Failure(name, url, str(error)))
            self._done += 1
            self._tell(Progress(self._done, self._of, "recordings"))

    async def _bring_one(self, client: httpx.AsyncClient, name: str, url: str) -> None:
        part = Part(self._folder / PARTS / name, url)
        if not part.is_whole:
            await self._fetch(client, part)
        try:
            # In a thread, for others go on arriving; a second's work, so that Ctrl-C need not break it off.
            await asyncio.to_thread(into_wav, part.path, self._folder / f"{name}.wav", self._limits)
        except Unreadable as error:
            part.forget()
            raise Never(error.problem.rstrip(".")) from error
        part.forget()

    async def _fetch(self, client: httpx.AsyncClient, part: Part) -> None:
        """Attempt after attempt."""
        host, patience, last = host_of(part.url), self._patience, Later("nobody tried")
        for attempt in range(patience.attempts):
            await self._hosts.ready(host)
            if self._hosts.is_dead(host):
                raise Never(f"nothing was heard from {host} for {patience.unheard:g} s")
            try:
                async with asyncio.timeout(patience.total):
                    await fetch(client, part, self._limits.max_bytes)
            except Unheard as error:
                last = error
                self._hosts.unheard(host)
            except Later as error:
                last = error
                self._hosts.heard(host)
            except TimeoutError:
                last = Later(f"it took longer than {patience.total:g} s")
            else:
                self._hosts.heard(host)
                return
            await self._rest(host, attempt, last)
        raise last

    async def _rest(self, host: str, attempt: int, after: Later) -> None:
        if after.after is not None:
            if after.after > self._patience.longest_asked:
                raise Never(f"{after}, and asks for {after.after:.0f} s of patience")
            self._hosts.pause(host, after.after)
        elif attempt + 1 < self._patience.attempts:
            await asyncio.sleep(self._patience.wait(attempt))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two that bring the same recordings would write over each other's parts."""
    with (folder / ".lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise WrongUse(f"Another download into {folder} is running.", "Wait until it ends.") from error
        yield


def _write(failures: tuple[Failure, ...], table: Path) -> None:
    """None: no table."""
    if not failures:
        table.unlink(missing_ok=True)
        return
    fresh = table.with_name(f"{table.name}.new")
    with fresh.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(field.name for field in fields(Failure))
        rows.writerows(astuple(failure) for failure in failures)
    fresh.replace(table)
