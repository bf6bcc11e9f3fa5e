"""Lines of the promotion record, each with the hash of the one before, and what can be wrong with them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from silencio.identity import digest_of

GENESIS = "0" * 64
RESTORE = (
    "Move the file away, and `silencio registry repair` brings back the copy that the registry keeps; "
    "promote nothing until then."
)
SHAPE = {"number": int, "at": str, "kind": str, "body": dict, "previous": str, "hash": str}


class Kind(StrEnum):
    MOVED = "moved"
    """As lines were once: a move, made right after it was written."""
    INTENT = "intent"
    """Moves that are about to be made, all or none. Body: moves."""
    DONE = "done"
    """Body: of, the number of the intent."""
    UNDONE = "undone"
    """Body: of, and why."""
    PRUNED = "pruned"
    """Versions that were taken out of the registry. Body: model, versions, why."""


@dataclass(frozen=True)
class Fault:
    """Something that is not as it should be, and what to do about it."""

    problem: str
    remedy: str


@dataclass(frozen=True)
class Line:
    number: int
    at: str
    kind: Kind
    body: Mapping[str, Any]
    previous: str
    hash: str

    @classmethod
    def after(cls, lines: Sequence["Line"], at: str, kind: Kind, body: Mapping[str, Any]) -> Self:
        """The next one. `body` is as JSON gives it back."""
        number, previous = len(lines) + 1, lines[-1].hash if lines else GENESIS
        return cls(number, at, kind, body, previous, _hash(number, at, kind, body, previous))

    @classmethod
    def from_bytes(cls, line: bytes) -> Self:
        """Raises ValueError for whatever is no line, to the byte."""
        content = json.loads(line)
        if not isinstance(content, dict):
            raise ValueError("no object")
        if content.keys() == {"number", "at", "move", "previous", "hash"}:
            move = content.pop("move")
            content |= {"kind": Kind.MOVED.value, "body": {"moves": [move]}}
        if content.keys() != SHAPE.keys() or any(type(content[k]) is not t for k, t in SHAPE.items()):
            raise ValueError("other fields")
        found = cls(**content | {"kind": Kind(content["kind"])})
        if found.to_bytes() != line + b"\n":
            raise ValueError("written in another way")
        return found

    def to_bytes(self) -> bytes:
        content = asdict(self)
        if self.kind is Kind.MOVED:
            del content["kind"], content["body"]
            content["move"] = self.moves[0]
        return json.dumps(content, sort_keys=True).encode() + b"\n"

    @property
    def moves(self) -> Sequence[Mapping[str, Any]]:
        return self.body["moves"] if self.kind in (Kind.MOVED, Kind.INTENT) else ()

    @property
    def is_whole(self) -> bool:
        return self.hash == _hash(self.number, self.at, self.kind, self.body, self.previous)


def _hash(number: int, at: str, kind: Kind, body: Mapping[str, Any], previous: str) -> str:
    if kind is Kind.MOVED:
        return digest_of([number, at, body["moves"][0], previous])
    return digest_of([number, at, kind.value, dict(body), previous])


def whole(content: bytes) -> bytes:
    """Without a last line that nobody ended."""
    return content[: content.rfind(b"\n") + 1]


def lines_of(content: bytes) -> list[Line]:
    """Of whole lines without a fault."""
    return [Line.from_bytes(line) for line in content.split(b"\n")[:-1]]


def open_in(lines: Sequence[Line]) -> Line | None:
    """The intent that is neither done nor undone."""
    ended = {line.body["of"] for line in lines if line.kind in (Kind.DONE, Kind.UNDONE)}
    return next((line for line in lines if line.kind is Kind.INTENT and line.number not in ended), None)


def faults_of(content: bytes, name: str) -> list[Fault]:
    """Each in a sentence; empty if every line is as it was written, in order, and none is missing between them."""
    faults, lines = [], list[Line]()
    *ended, rest = content.split(b"\n")
    for position, raw in enumerate(ended, start=1):
        try:
            lines.append(Line.from_bytes(raw))
        except (ValueError, KeyError, IndexError, TypeError):
            faults.append(Fault(f"Line {position} of {name} is no line of a record.", RESTORE))
    faults += [
        Fault(f"Line {line.number} of {name} was changed after it was written.", RESTORE)
        for line in lines
        if not line.is_whole
    ]
    faults += _order(lines, name) if not faults else []
    if rest:
        faults.append(
            Fault(
                f"The last line of {name} is cut short: a writer was killed within it, or the file was cut.",
                "`silencio registry repair` drops it, or brings back the registry's copy if that has more.",
            )
        )
    return faults


def _order(lines: Sequence[Line], name: str) -> list[Fault]:
    numbers = [line.number for line in lines]
    expected = list(range(1, len(lines) + 1))
    if numbers != expected:
        missing = sorted(set(range(1, max(numbers) + 1)) - set(numbers))
        twice = sorted({number for number in numbers if numbers.count(number) > 1})
        found = [f"Line {number} of {name} is missing." for number in missing]
        found += [f"Line {number} of {name} stands there twice." for number in twice]
        if not found:
            first = next(n for n, e in zip(numbers, expected, strict=True) if n != e)
            found = [f"The lines of {name} are in another order: {first} stands where another should."]
        return [Fault(problem, RESTORE) for problem in found]
    hashes = [GENESIS, *(line.hash for line in lines)]
    return [
        Fault(f"Line {line.number} of {name} does not follow from the one before it.", RESTORE)
        for line, before in zip(lines, hashes, strict=False)
        if line.previous != before
    ]
