"""How a move between stages is made: written down, copied to the registry, made, and written down as done.

Killed anywhere in between, or cut off from the registry, what is there says what was meant: `finish` and `give_up`
are for `silencio registry repair`.
"""

import getpass
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

from mlflow.exceptions import MlflowException

from silencio.errors import SilencioError
from silencio.registry.chain import GENESIS, Kind, Line, lines_of, open_in, whole
from silencio.registry.claims import Taken
from silencio.registry.postman import in_short
from silencio.registry.record import Move, PromotionRecord
from silencio.registry.stages import Stage
from silencio.registry.versions import Registry, Version

log = logging.getLogger(__name__)

PATIENCE = 30.0
"""Seconds to wait for somebody else's move to be made: it takes about one."""
PAUSE = 0.1
REPAIR = "`silencio registry repair` finishes or undoes it."


@contextmanager
def turn(
    registry: Registry, record: PromotionRecord, what: str, by: str | None, patience: float = PATIENCE
) -> Iterator[str]:
    """Nobody else adds to the record meanwhile; the hash of its last line. Raises Taken, naming who is at it.

    Cut off or killed after something was written, it stays taken, until a repair has ended what was begun.
    """
    ends, who = time.monotonic() + patience, by or getpass.getuser()
    with connected(registry, what):
        while True:
            try:
                head = _head(registry, record)
                claim = registry.claims.take(head, what, who)
                try:
                    is_last = _head(registry, record) == head
                except BaseException:
                    registry.claims.leave(claim)
                    raise
                if is_last:
                    break
                registry.claims.release(claim)
            except Taken:
                if time.monotonic() > ends:
                    raise
            time.sleep(PAUSE)
        try:
            yield head
        finally:
            registry.claims.leave(claim)
            if open_in(record.lines()) is None:
                registry.claims.release(claim)


def make(registry: Registry, record: PromotionRecord, moves: Sequence[Move], head: str) -> Line:
    """All of them or none, in somebody's `turn`; the line that says what they are."""
    intent = record.append(Kind.INTENT, {"moves": [asdict(move) for move in moves]}, after=head)
    registry.copies.keep(record, intent, [v.home for v, _ in meant(registry, intent)])
    finish(registry, record, intent)
    return intent


def finish(registry: Registry, record: PromotionRecord, intent: Line) -> None:
    """Whatever is not made yet of a move that was begun."""
    moved = meant(registry, intent)
    for version, stage in moved:
        registry.set_stage(version, stage)
    done = record.append(Kind.DONE, {"of": intent.number}, after=intent.hash)
    registry.copies.keep(record, done, [version.home for version, _ in moved])


def give_up(registry: Registry, record: PromotionRecord, intent: Line, why: str) -> None:
    """A move that was begun, and of which nothing was made."""
    undone = record.append(Kind.UNDONE, {"of": intent.number, "why": why}, after=intent.hash)
    registry.copies.keep(record, undone, [version.home for version, _ in meant(registry, intent)])


def meant(registry: Registry, intent: Line) -> list[tuple[Version, Stage]]:
    """The versions that are to move, and where to."""
    return [(registry.get(move["version"]), Stage(move["stage"])) for move in intent.moves]


@contextmanager
def connected(registry: Registry, what: str) -> Iterator[None]:
    """A registry that does not answer is told of in a sentence."""
    try:
        yield
    except (MlflowException, OSError) as error:
        raise SilencioError(
            f"{registry.shown} did not answer within {what} ({in_short(error)}).",
            "Once it answers again, `silencio registry repair` finishes or undoes what was begun.",
        ) from error


def _head(registry: Registry, record: PromotionRecord) -> str:
    """The hash of the record's last line, where nothing is under way and the registry knows of no other."""
    lines, note = record.lines(), registry.copies.note()
    if note and (note.number, note.hash) not in {(line.number, line.hash) for line in lines}:
        copy = registry.copies.fetch(note)
        if copy is None or not copy.startswith(whole(record.content())):
            raise SilencioError(
                f"{record.path} is not the record that the registry knows: line {note.number} should be "
                f"{note.hash[:12]}.",
                "`silencio registry verify` says what differs, `silencio registry repair` brings the registry's copy.",
            )
        # Another workspace went on with it.
        record.replace(copy)
        lines = lines_of(copy)
    begun = open_in(lines)
    if begun:
        raise Taken(
            f"{said(begun)} was begun at {begun.at[:19]} and is not done: line {begun.number} of {record.path}.",
            f"Try again when it is; if its process is gone, {REPAIR}",
        )
    return lines[-1].hash if lines else GENESIS


def said(line: Line) -> str:
    """What it is about, as a sentence's beginning."""
    first = line.moves[0]
    approved = f", approved by {first['approved_by']}," if first["approved_by"] else ""
    return f"Version {first['version']} to {first['stage']}{approved}"
