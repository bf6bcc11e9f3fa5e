"""The file that results are written to, and beside it a journal of whose are in it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Self

from silencio.errors import WrongUse


class Results:
    """What was interrupted in the middle of a recording goes on as if that one had not been begun."""

    def __init__(self, path: Path, done: set[str], results: BinaryIO, journal: BinaryIO) -> None:
        self.path = path
        self.done = done
        """The names of recordings whose lines are there."""
        self._results, self._journal = results, journal

    @classmethod
    @contextmanager
    def at(cls, path: Path, model: str, format: str, header: str) -> Iterator[Self]:
        """`model` is the digest of who answers: a file has the answers of one."""
        begun = {"model": model, "format": format}
        entries, sound = _read(journal_of(path))
        if not entries and path.exists():
            raise WrongUse(
                f"{path} is there already, and nobody wrote down what is in it.",
                "Name another file in --output, or delete that one.",
            )
        if entries and (was := {key: entries[0].get(key) for key in begun}) != begun:
            raise WrongUse(
                f"{path} holds {was['format']} of model {str(was['model'])[:12]}, and this would be {format} of "
                f"{model[:12]}.",
                "Name another file in --output.",
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as results, journal_of(path).open("ab") as journal:
            results.truncate(entries[-1]["bytes"] if entries else 0)
            journal.truncate(sound)
            here = cls(path, {entry["name"] for entry in entries[1:]}, results, journal)
            if not entries:
                here._write(header, begun)
            yield here

    def add(self, name: str, lines: str) -> None:
        self._write(lines, {"name": name})
        self.done.add(name)

    def _write(self, lines: str, entry: dict[str, Any]) -> None:
        self._results.write(lines.encode())
        self._results.flush()
        # Only now: what the journal names is there.
        self._journal.write(json.dumps({**entry, "bytes": self._results.tell()}).encode() + b"\n")
        self._journal.flush()


def journal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.journal")


def _read(journal: Path) -> tuple[list[dict[str, Any]], int]:
    """Its entries, and the bytes that they take: what stands after them was cut short."""
    if not journal.exists():
        return [], 0
    entries, sound = [], 0
    for line in journal.read_bytes().splitlines(keepends=True):
        if not line.endswith(b"\n"):
            break
        entries.append(json.loads(line))
        sound += len(line)
    return entries, sound
