"""What a run has to say, first of all on this machine's disk, from where it is delivered to MLflow.

One folder a run: `journal.jsonl`, one entry a line, only ever added to; `files/`, what is to be kept with the run,
until it is delivered; and `delivered.json`, how far that has come.
"""

import json
import os
import shutil
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from silencio.identity import digest_of


def now() -> int:
    """Milliseconds, as MLflow counts them."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, kw_only=True)
class Begin:
    """Said again by a training that goes on after a kill."""

    kind: ClassVar[str] = "begin"
    at: int = field(default_factory=now)
    key: str
    name: str
    experiment: str
    within: str | None
    """The key of the run that this one is a part of."""
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    data: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Figures:
    kind: ClassVar[str] = "figures"
    at: int = field(default_factory=now)
    step: int
    values: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class File:
    kind: ClassVar[str] = "file"
    at: int = field(default_factory=now)
    name: str
    """Below `files/`."""
    place: str


@dataclass(frozen=True, kw_only=True)
class End:
    kind: ClassVar[str] = "end"
    at: int = field(default_factory=now)
    status: str


Entry = Begin | Figures | File | End
KINDS: Mapping[str, type[Begin] | type[Figures] | type[File] | type[End]] = {
    kind.kind: kind for kind in (Begin, Figures, File, End)
}


@dataclass(frozen=True)
class Delivered:
    """How far a journal has come; `run_id` and `experiment_id` are the server's names."""

    bytes: int = 0
    run_id: str | None = None
    experiment_id: str | None = None


class Journal:
    """One run's. One process writes, any may read and deliver."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path, self._mark = folder / "journal.jsonl", folder / "delivered.json"

    @cached_property
    def beginning(self) -> Begin:
        entry, _ = next(self.entries())
        assert isinstance(entry, Begin)
        return entry

    @property
    def has_begun(self) -> bool:
        return self._path.exists() and any(self.entries())

    def append(self, entry: Entry) -> None:
        """On disk when this returns."""
        self.folder.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"kind": entry.kind, **asdict(entry)}) + "\n"
        with self._path.open("ab") as stream:
            stream.write(line.encode())
            stream.flush()
            os.fsync(stream.fileno())

    def draw(self, values: Mapping[str, float], step: int) -> bool:
        """Whether any is new. What was drawn at this step already is left as it is: a training that goes on may say
        it again."""
        new = {name: value for name, value in values.items() if (step, name) not in self._drawn}
        if new:
            self.append(Figures(step=step, values=new))
            self._drawn.update((step, name) for name in new)
        return bool(new)

    def keep(self, path: Path, place: str) -> None:
        """A copy of the file as it is now: the original may move, or be written again, before it is delivered."""
        name = f"{uuid.uuid4().hex[:8]}/{path.name}"
        copy = self.folder / "files" / name
        copy.parent.mkdir(parents=True)
        shutil.copyfile(path, copy)
        self.append(File(name=name, place=place))

    def entries(self, start: int = 0) -> Iterator[tuple[Entry, int]]:
        """From so many bytes on, each with where it ends. A line that is still being written is not yet there."""
        with self._path.open("rb") as stream:
            stream.seek(start)
            for line in stream:
                if not line.endswith(b"\n"):
                    return
                start += len(line)
                content = json.loads(line)
                yield KINDS[content.pop("kind")](**content), start

    @property
    def delivered(self) -> Delivered:
        return Delivered(**json.loads(self._mark.read_text())) if self._mark.exists() else Delivered()

    def mark(self, delivered: Delivered) -> None:
        partial = self._mark.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(delivered)))
        partial.replace(self._mark)

    @property
    def waiting(self) -> int:
        """Entries that are not delivered yet."""
        reached = self.delivered.bytes
        if not self._path.exists() or self._path.stat().st_size <= reached:
            return 0
        return sum(1 for _ in self.entries(reached))

    @property
    def status(self) -> str:
        """How it ended, in lower case; `begun` as long as nobody said."""
        *_, last = (entry for entry, _ in self.entries() if isinstance(entry, Begin | End))
        return last.status.lower() if isinstance(last, End) else "begun"

    def mend(self) -> None:
        """A writer that was killed within a line never said that it was done: the rest of it goes."""
        if self._path.exists():
            content = self._path.read_bytes()
            whole = content.rfind(b"\n") + 1
            if whole < len(content):
                os.truncate(self._path, whole)

    def withdraw(self) -> None:
        """As if the run had never begun, unless it had before."""
        if self.delivered == Delivered() and sum(1 for _ in self.entries()) == 1:
            shutil.rmtree(self.folder)

    @cached_property
    def _drawn(self) -> set[tuple[int, str]]:
        figures = [entry for entry, _ in self.entries() if isinstance(entry, Figures)]
        return {(entry.step, name) for entry in figures for name in entry.values}


class Outbox:
    """The journals of all runs that are kept on one server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lock = folder / "delivery.lock"
        """Whoever holds it delivers, for all processes of the workspace."""

    def journal(self, key: str) -> Journal:
        return Journal(self.folder / digest_of(key)[:16])

    def journals(self) -> list[Journal]:
        """Those that began first come first: a run before its parts."""
        return _by_age(journal for journal in self._all() if any(journal.entries()))

    def waiting(self) -> list[Journal]:
        return _by_age(journal for journal in self._all() if journal.waiting)

    def family(self, key: str) -> list[Journal]:
        """A run, its parts, and theirs."""
        keys, found = {key}, []
        for journal in self.journals():
            begin = journal.beginning
            if begin.key == key or begin.within in keys:
                keys.add(begin.key)
                found.append(journal)
        return found

    def _all(self) -> Iterator[Journal]:
        return (Journal(path.parent) for path in self.folder.glob("*/journal.jsonl"))


def _by_age(journals: Iterable[Journal]) -> list[Journal]:
    return sorted(journals, key=lambda journal: journal.beginning.at)


def text_of(value: Any) -> str:
    """A parameter's value; MLflow holds no more of it."""
    return str(value)[:6000]
