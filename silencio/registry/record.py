"""The promotion record: who moved which model where, and on what grounds. Append-only, each line carrying the hash
of the one before, so that no line can be changed, taken out or put in later without its being seen.

A move is written down before it is made (intent), and once more when it is made (done) or was given up (undone).
"""

import fcntl
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from silencio.errors import GateRefused, SilencioError
from silencio.evaluation.gates import GateResult
from silencio.registry.chain import GENESIS, Fault, Kind, Line, faults_of, lines_of, whole

log = logging.getLogger(__name__)

SHARED = "promotions.jsonl"
"""The file that all experiments of a workspace shared once."""


class Overtaken(GateRefused):
    """Somebody else was first; nothing was moved."""


@dataclass(frozen=True)
class Move:
    """A model version's step to a stage, with all that led to it."""

    model: str
    version: str
    before: str
    """The stage that it comes from."""
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
    """A move that was made, and where the record says so."""

    number: int
    """Of the line; two moves that only go together share one."""
    at: str
    move: Mapping[str, Any]
    hash: str


class PromotionRecord:
    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of_experiment(cls, records: Path, experiment: str) -> "PromotionRecord":
        """An experiment's own. Where all shared one before, that one is its beginning: the chain goes on."""
        path, shared = records / f"promotions-{experiment}.jsonl", records / SHARED
        if shared.exists() and not path.exists():
            partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
            partial.write_bytes(shared.read_bytes())
            partial.replace(path)
        return cls(path)

    def append(self, kind: Kind, body: Mapping[str, Any], after: str) -> Line:
        """On disk when this returns. `after` is the hash of the line that it was decided upon: if another one was
        added since, this one is not. The chain is verified first: nothing is added to a broken one."""
        with self._alone() as stream:
            if self._drop_torn_end(stream):
                log.warning("The last line of %s was cut short by a kill: it is dropped.", self.path)
            lines = self._sound(stream.read())
            head = lines[-1].hash if lines else GENESIS
            if head != after:
                raise Overtaken(
                    f"{self.path} ends with {head[:12]} by now, not with {after[:12]}: "
                    "something else was written first.",
                    "Look at `silencio registry history`, and run the command again if it is still wanted.",
                )
            at = datetime.now(UTC).isoformat(timespec="milliseconds")
            # As it will be read again, so that it hashes to the same.
            line = Line.after(lines, at, kind, json.loads(json.dumps(dict(body))))
            stream.write(line.to_bytes())
            stream.flush()
            os.fsync(stream.fileno())
        return line

    def lines(self) -> list[Line]:
        """All of them, verified; without what a killed writer left half."""
        return self._sound(whole(self.content()))

    def verify(self) -> list[Entry]:
        """The moves that were made, or an error that names the first line that is not as it was written."""
        return moves_made(self.lines())

    def faults(self) -> list[Fault]:
        """Whatever is not as it was written; empty if nothing was touched."""
        return faults_of(self.content(), str(self.path))

    def gates(self, model: str, version: str) -> list[GateResult]:
        """What the last move of a model version was judged on."""
        named = [e for e in self.verify() if (e.move["model"], e.move["version"]) == (model, version)]
        return [GateResult.from_json(gate) for gate in named[-1].move["gates"]] if named else []

    def content(self) -> bytes:
        if not self.path.exists():
            return b""
        with self.path.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_SH)
            return stream.read()

    def mend(self) -> bool:
        """Whether there was a last line that a killed writer left half: it is dropped."""
        with self._alone() as stream:
            return self._drop_torn_end(stream)

    def replace(self, content: bytes) -> Path | None:
        """Another copy takes its place. What it does not have of what was there is kept beside: where, if so."""
        with self._alone() as stream:
            before, aside = stream.read(), None
            if not content.startswith(before):
                when = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
                aside = self.path.with_name(f"{self.path.stem}.{when}.aside")
                aside.write_bytes(before)
            stream.truncate(0)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        return aside

    def _sound(self, content: bytes) -> list[Line]:
        found = faults_of(content, str(self.path))
        if found:
            raise SilencioError(found[0].problem, found[0].remedy)
        return lines_of(content)

    @contextmanager
    def _alone(self) -> Iterator[IO[bytes]]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab+") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            stream.seek(0)
            yield stream

    def _drop_torn_end(self, stream: IO[bytes]) -> bool:
        content = stream.read()
        kept = len(whole(content))
        stream.truncate(kept)
        stream.seek(0)
        return kept < len(content)


def moves_made(lines: Sequence[Line]) -> list[Entry]:
    """In the order in which they were begun."""
    made = {line.body["of"] for line in lines if line.kind is Kind.DONE}
    return [
        Entry(line.number, line.at, move, line.hash)
        for line in lines
        if line.kind is Kind.MOVED or line.number in made
        for move in line.moves
    ]
