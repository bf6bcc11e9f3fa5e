"""The promotion record: who moved which model where, and on what grounds. Append-only, each entry carrying the
hash of the one before, so that no entry can be changed, taken out or put in later without its being seen."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from silencio.errors import SilencioError
from silencio.evaluation.gates import GateResult
from silencio.identity import digest_of

GENESIS = "0" * 64


@dataclass(frozen=True)
class Move:
    """A model version's step to a stage, with all that led to it."""

    model: str
    version: str
    stage: str
    data: str
    """Digest of the catalog."""
    commit: str
    run: str
    """MLflow's id of the training."""
    bundle: str
    image: str | None
    gates: tuple[Mapping[str, Any], ...]
    decision: str
    approved_by: str | None
    reason: str


@dataclass(frozen=True)
class Entry:
    number: int
    at: str
    move: Mapping[str, Any]
    previous: str
    hash: str

    def expected_hash(self) -> str:
        return digest_of([self.number, self.at, dict(self.move), self.previous])


class PromotionRecord:
    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, move: Move) -> Entry:
        """On disk when this returns. The chain is verified first: nothing is added to a broken one."""
        with self._alone() as stream:
            entries = self.verify()
            number, at = len(entries) + 1, datetime.now(UTC).isoformat(timespec="milliseconds")
            previous = entries[-1].hash if entries else GENESIS
            content = json.loads(json.dumps(asdict(move)))
            entry = Entry(number, at, content, previous, digest_of([number, at, content, previous]))
            stream.write(json.dumps(asdict(entry), sort_keys=True) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        return entry

    def entries(self) -> list[Entry]:
        if not self.path.exists():
            return []
        return [self._parse(number, line) for number, line in enumerate(self._lines(), start=1)]

    def verify(self) -> list[Entry]:
        """The entries, or an error that names the first one that does not follow from the one before."""
        entries = self.entries()
        previous = GENESIS
        for number, entry in enumerate(entries, start=1):
            if (entry.number, entry.previous, entry.hash) != (number, previous, entry.expected_hash()):
                raise self._broken(number, "does not follow from the one before it")
            previous = entry.hash
        return entries

    def gates(self, model: str, version: str) -> list[GateResult]:
        """What the last move of a model version was judged on."""
        named = [e for e in self.entries() if (e.move["model"], e.move["version"]) == (model, version)]
        return [GateResult.from_json(gate) for gate in named[-1].move["gates"]] if named else []

    def _lines(self) -> list[str]:
        return self.path.read_text().splitlines()

    def _parse(self, number: int, line: str) -> Entry:
        try:
            return Entry(**json.loads(line))
        except (json.JSONDecodeError, TypeError) as error:
            raise self._broken(number, "is not an entry") from error

    def _broken(self, number: int, how: str) -> SilencioError:
        return SilencioError(
            f"Entry {number} of {self.path} {how}: the record was changed, or a disk failed.",
            "Restore the file from a backup; promote nothing until then.",
        )

    @contextmanager
    def _alone(self) -> Iterator[IO[str]]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            self._drop_torn_end()
            yield stream

    def _drop_torn_end(self) -> None:
        """A writer that was killed within a line never said that it was done: the rest of it goes."""
        content = self.path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(self.path, whole)
