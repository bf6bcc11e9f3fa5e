"""What a feedback store's database is asked."""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, and_, func, select
from sqlalchemy.dialects import postgresql, sqlite

from silencio.data.feedback.database import Database
from silencio.data.feedback.records import NOBODY, Kept, Said, Statement, Verdict, Visit, Word
from silencio.data.feedback.tables import WHOLE, recordings, requests, statements

SWEPT_AT_ONCE = 500
"""Recordings; a sweep that finds more goes on the next time."""


class Rows:
    def __init__(self, database: Database) -> None:
        self._database = database

    def close(self) -> None:
        self._database.close()

    def keep(self, kept: Sequence[Kept], sizes: Mapping[str, int]) -> None:
        """`sizes` in bytes, of each audio that is kept with them, by name."""
        held = {k.audio for k in kept if k.passive}
        audio = [
            {"name": name, "at": time.time(), "bytes": size, "held": name in held, "gone": False}
            for name, size in sizes.items()
        ]
        with self._database.write(durable=False) as connection:
            connection.execute(self._upsert(requests), [_row(k) for k in kept])
            if audio:
                connection.execute(self._again(), audio)

    def say(self, word: Word, settle: Callable[[str], bool]) -> Said:
        """`settle` sees to it that the audio of a name is safe, or says that it is gone."""
        with self._database.write(durable=True) as connection:
            found = connection.execute(select(requests).where(requests.c.request == word.request)).first()
            if found is None:
                return Said.UNKNOWN
            kept = _kept(found._mapping)
            said = _statements(word, kept)
            if not said:
                return Said.EMPTY
            # Held from here on, before it is looked for: no sweep takes it between the two.
            holds = recordings.update().where(recordings.c.name == kept.audio).values(held=True)
            connection.execute(holds)
            if kept.audio is None or not settle(kept.audio):
                connection.rollback()
                return Said.GONE
            if word.verdict is Verdict.SPECIES:
                connection.execute(statements.delete().where(_same_stretch(said[0])))
            connection.execute(self._upsert(statements, "present", "complete", "at", "request"), said)
        return Said.KEPT

    def statements(self) -> list[Statement]:
        order = statements.c.audio, statements.c.at, statements.c.said_by, statements.c.species
        with self._database.read() as connection:
            return [
                _statement(row._mapping) for row in connection.execute(select(statements).order_by(*order))
            ]

    def spoken_about(self) -> list[Kept]:
        """The latest request of each recording that somebody spoke about."""
        spoken = requests.c.audio.in_(select(statements.c.audio))
        return self._latest(spoken)

    def passive(self) -> list[Kept]:
        """What the passive log drew and nobody spoke about: the latest request of each recording."""
        spoken = requests.c.audio.in_(select(statements.c.audio))
        return self._latest(and_(requests.c.passive, requests.c.audio.is_not(None), ~spoken))

    def tour(self, name: str) -> list[Visit]:
        """Its recordings as they came."""
        asked = select(requests).where(requests.c.tour == name).order_by(requests.c.at, requests.c.request)
        heard = select(requests.c.audio).where(requests.c.tour == name)
        with self._database.read() as connection:
            visits = [_kept(row._mapping) for row in connection.execute(asked)]
            said = connection.execute(
                select(statements).where(statements.c.audio.in_(heard)).order_by(statements.c.at)
            )
            by_audio: dict[str, list[Statement]] = defaultdict(list)
            for row in said:
                by_audio[row.audio].append(_statement(row._mapping))
        return [Visit(kept, tuple(by_audio.get(kept.audio or "", ()))) for kept in visits]

    def sweep(self, before: float, most_bytes: int, remove: Callable[[str], None]) -> int:
        """Let go of audio that nobody holds: what was last sent before a time, and the oldest beyond so many bytes.

        Several processes may do so at once. Returns how many recordings went.
        """
        with self._database.read() as connection:
            candidates = list(connection.execute(_beyond(before, most_bytes)))
        return sum(self._let_go(name, at, remove) for name, at in candidates)

    def _let_go(self, name: str, at: float, remove: Callable[[str], None]) -> bool:
        """One, unless somebody sent it again or spoke about it since."""
        c = recordings.c
        free = and_(c.name == name, c.at == at, ~c.held, ~c.gone)
        with self._database.write(durable=False) as connection:
            if not connection.execute(recordings.update().where(free).values(gone=True)).rowcount:
                return False
            # Within the transaction: who sends it again waits for its end, and then finds no file.
            remove(name)
        return True

    def _latest(self, condition: Any) -> list[Kept]:
        asked = select(requests).where(condition).order_by(requests.c.at, requests.c.request)
        with self._database.read() as connection:
            found = {row.audio: _kept(row._mapping) for row in connection.execute(asked)}
        return sorted(found.values(), key=lambda kept: kept.audio or "")

    def _upsert(self, table: Table, *columns: str) -> Any:
        """Columns are overwritten where there is such a row; without any, it stays as it is."""
        insert = (postgresql if self._database.is_postgresql else sqlite).insert(table)
        if not columns:
            return insert.on_conflict_do_nothing()
        keys = [column.name for column in table.primary_key]
        return insert.on_conflict_do_update(
            index_elements=keys, set_={c: insert.excluded[c] for c in columns}
        )

    def _again(self) -> Any:
        """Audio that comes again is there again, and what was held stays so."""
        insert = (postgresql if self._database.is_postgresql else sqlite).insert(recordings)
        values = {
            "at": insert.excluded.at,
            "gone": False,
            "held": recordings.c.held | insert.excluded.held,
        }
        return insert.on_conflict_do_update(index_elements=["name"], set_=values)


def _beyond(before: float, most_bytes: int) -> Any:
    """The oldest first: (name, at)"""
    c = recordings.c
    newer = func.sum(c.bytes).over(order_by=(c.at.desc(), c.name)).label("newer")
    free = select(c.name, c.at, newer).where(~c.held, ~c.gone).subquery()
    over = (free.c.at < before) | (free.c.newer > most_bytes)
    return select(free.c.name, free.c.at).where(over).order_by(free.c.at).limit(SWEPT_AT_ONCE)


def _statements(word: Word, kept: Kept) -> list[dict[str, Any]]:
    """Of each species one; none if there is nothing that the word could be about."""
    answered = tuple(code for code, _ in kept.species)
    named = tuple(dict.fromkeys(word.species)) or answered
    if word.verdict is Verdict.RIGHT:
        named = named or (NOBODY,)
    complete = word.verdict is Verdict.SPECIES or named == (NOBODY,)
    common = {
        "audio": kept.audio,
        "said_by": word.said_by,
        "start": WHOLE if word.start is None else word.start,
        "end": WHOLE if word.end is None else word.end,
        "present": word.verdict is not Verdict.WRONG,
        "complete": complete,
        "at": time.time(),
        "request": word.request,
    }
    return [common | {"species": code} for code in named]


def _same_stretch(said: Mapping[str, Any]) -> Any:
    return and_(*(statements.c[name] == said[name] for name in ("audio", "said_by", "start", "end")))


def _row(kept: Kept) -> dict[str, Any]:
    return vars(kept) | {"species": json.dumps(kept.species)}


def _kept(row: Mapping[Any, Any]) -> Kept:
    return Kept(**{**row, "species": tuple((code, sure) for code, sure in json.loads(row["species"]))})


def _statement(row: Mapping[Any, Any]) -> Statement:
    whole = row["start"] == WHOLE
    return Statement(
        audio=row["audio"],
        species=row["species"],
        said_by=row["said_by"],
        present=row["present"],
        complete=row["complete"],
        start=None if whole else row["start"],
        end=None if whole else row["end"],
        at=row["at"],
    )
