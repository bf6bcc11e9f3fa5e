"""What was done about which reasons, and when: one training at a time, and none twice.

`watch.jsonl` is only ever added to. Whoever decides holds the lock meanwhile: the watcher, and then the training that
it started, which inherits the lock and keeps it for as long as it lives. The system lets go of a dead process's lock,
so that no lock outlives its owner. A pipeline's run is many processes, and holds none: see
`silencio.monitoring.inside`. What is done when is decided in `silencio.monitoring.act`.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from silencio.errors import SilencioError
from silencio.monitoring.inside import Inside
from silencio.monitoring.reasons import Reason, Why

ANSWERS = (0, 1)
"""Exit codes of a training that came to an end: done, or a gate said no. Any other is one that broke."""


@dataclass(frozen=True)
class Training:
    """One that a watcher asked for."""

    name: str
    at: datetime
    reasons: tuple[Reason, ...]
    command: tuple[str, ...]
    """None where a pipeline's run trains: whoever begins it again has one."""
    attempts: int = 0
    exit_code: int | None = None
    """Of the last attempt; None: it has not ended, or was killed."""
    given_up: bool = False
    inside: Inside | None = None
    """The pipeline's run that makes the last attempt, if one does."""
    experiment: str = ""
    """Its name; empty where that was not written down."""

    @property
    def finished(self) -> bool:
        return self.given_up or self.exit_code in ANSWERS


class Memory:
    def __init__(self, folder: Path, experiment: str = "") -> None:
        """`folder` is made when there is something to remember; `experiment` is the name of the one that asks."""
        self.folder, self.path, self.experiment = folder, folder / "watch.jsonl", experiment

    def trainings(self) -> list[Training]:
        """In the order in which they were asked for."""
        found: dict[str, Training] = {}
        for entry in self._entries():
            name = entry["training"]
            match entry["event"]:
                case "asked":
                    reasons = tuple(Reason(Why(r["why"]), r["sentence"], r["key"]) for r in entry["reasons"])
                    at = datetime.fromisoformat(entry["at"])
                    whose = entry.get("experiment", "")
                    found[name] = Training(name, at, reasons, tuple(entry["command"]), experiment=whose)
                case "begun":
                    attempts, inside = found[name].attempts + 1, Inside.read(entry.get("inside"))
                    found[name] = _changed(found[name], attempts=attempts, exit_code=None, inside=inside)
                case "ended":
                    found[name] = _changed(found[name], exit_code=entry["exit_code"])
                case "given up":
                    found[name] = _changed(found[name], given_up=True)
        return list(found.values())

    def ask(self, reasons: Sequence[Reason], command: Sequence[str], now: datetime) -> Training:
        """On disk when this returns: from now on it will be begun, whatever is killed."""
        name, whose = uuid4().hex[:12], self.experiment
        training = Training(name, now, tuple(reasons), tuple(command), experiment=whose)
        told = {"reasons": [asdict(reason) for reason in reasons], "command": list(command)}
        self._add("asked", name, now, {**told, "experiment": whose})
        return training

    def begin(self, name: str, inside: Inside | None = None) -> None:
        who = {"inside": inside.to_json()} if inside else {"process": os.getpid()}
        self._add("begun", name, datetime.now(UTC), who)

    def end(self, name: str, exit_code: int) -> None:
        self._add("ended", name, datetime.now(UTC), {"exit_code": exit_code})

    def end_inside(self, run: str, exit_code: int) -> None:
        """How a pipeline's run ended, if a training was begun in it; told twice, the first word counts."""
        for training in self.trainings():
            if training.inside and training.inside.run == run and training.exit_code is None:
                self.end(training.name, exit_code)

    def give_up(self, name: str) -> None:
        self._add("given up", name, datetime.now(UTC), {})

    def running(self) -> bool:
        """Whether a training is going on at this moment, or a watcher is just starting one."""
        with self.alone() as lock:
            return lock is None

    @contextmanager
    def alone(self) -> Iterator[IO[str] | None]:
        """The lock, which a process may inherit; None where somebody else has it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "training.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
            else:
                yield lock

    def _add(self, event: str, name: str, at: datetime, told: Mapping[str, Any]) -> None:
        entry = {"event": event, "training": name, "at": at.isoformat(), **told}
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as stream:
            # A run's end is told by who does not decide anything, maybe while somebody else does.
            fcntl.flock(stream, fcntl.LOCK_EX)
            self._drop_torn_end()
            stream.write(json.dumps(entry, sort_keys=True).encode() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())

    def _drop_torn_end(self) -> None:
        """A writer that was killed within a line never said that it was done: the rest of it goes."""
        content = self.path.read_bytes()
        os.truncate(self.path, content.rfind(b"\n") + 1)

    def _entries(self) -> Iterator[dict[str, Any]]:
        if not self.path.exists():
            return
        whole, _, _ = self.path.read_text().rpartition("\n")
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                raise SilencioError(
                    f"Line {number} of {self.path} is damaged: {error}.",
                    "Take the line out: what it told is forgotten, and may be done again.",
                ) from error


def _changed(training: Training, **what: Any) -> Training:
    return Training(**{**vars(training), **what})
