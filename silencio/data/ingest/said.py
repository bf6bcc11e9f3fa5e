"""What the service heard, as rows to learn from: what people say about it, and the passive log."""

import logging
from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import polars as pl

from silencio.data.catalog import QUARANTINE
from silencio.data.feedback import FeedbackStore, Kept, Statement
from silencio.data.feedback.records import NOBODY
from silencio.data.feedback.store import AUDIO
from silencio.data.feedback.trust import Judged, judge
from silencio.settings import Trust

log = logging.getLogger(__name__)

ROOT = "feedback"


@dataclass(frozen=True)
class Row:
    """One recording to learn from; columns as the catalog names them."""

    path: str
    origin: str
    labelled: str
    weight: float
    primary_label: str | None = None
    secondary_labels: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    recordist: str | None = None
    recorded_at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None
    licence: str = "as agreed with the guides"


@dataclass(frozen=True)
class Gathered:
    rows: tuple[Row, ...] = ()
    kept_out: tuple[tuple[str, str], ...] = ()
    """(path, reason), where people contradict each other evenly."""
    disputed: int = 0
    """Recordings on which people contradict each other, settled or not."""

    @property
    def paths(self) -> list[str]:
        return [row.path for row in self.rows]

    def content(self) -> list[object]:
        """All that a catalog takes from here, to be digested."""
        return [*({**asdict(r), "recorded_at": str(r.recorded_at)} for r in self.rows), *self.kept_out]

    def quarantined(self) -> pl.DataFrame:
        rows = [(f"{ROOT}/{path}", reason) for path, reason in self.kept_out]
        return pl.DataFrame(rows, schema=QUARANTINE, orient="row")


def gather(store: FeedbackStore | None, trust: Trust, passive: bool = False) -> Gathered:
    """What people say, and with `passive` what the passive log drew besides."""
    if store is None:
        return Gathered()
    statements: dict[str, list[Statement]] = defaultdict(list)
    for statement in store.statements():
        statements[statement.audio].append(statement)
    rows, kept_out, disputed = list[Row](), list[tuple[str, str]](), 0
    for kept in store.spoken_about():
        judged = judge(kept, statements[str(kept.audio)], trust)
        row = _learned(kept, judged)
        if judged.disputed:
            disputed += 1
            log.warning("%s: %s", kept.audio, _dispute(judged, statements[str(kept.audio)]))
        if row:
            rows.append(row)
        elif judged.disputed:
            kept_out.append((_path(kept), _dispute(judged, statements[str(kept.audio)])))
    if passive:
        rows += [_overheard(kept, trust) for kept in store.passive()]
    return Gathered(tuple(sorted(rows, key=lambda row: row.path)), tuple(kept_out), disputed)


def _learned(kept: Kept, judged: Judged) -> Row | None:
    """None if nothing is believed, or only what does not call while people contradict each other on what does."""
    spoken = _row(kept, "feedback", judged.people[0])
    if NOBODY in judged.present:
        # Labelled in time without any call: nobody calls in any window of it.
        return Row(**spoken, labelled="timed", weight=judged.present[NOBODY])
    if judged.present:
        first, *others = judged.present
        return Row(
            **spoken,
            labelled="whole",
            primary_label=first,
            secondary_labels=(*others, *judged.open),
            absent=tuple(judged.absent),
            weight=judged.present[first],
        )
    if judged.absent and not set(judged.disputed) & set(judged.open):
        return Row(
            **spoken, labelled="denied", absent=tuple(judged.absent), weight=max(judged.absent.values())
        )
    return None


def _overheard(kept: Kept, trust: Trust) -> Row:
    """Of what nobody spoke about: its own answer as a label where it was sure and the settings believe it."""
    told = _row(kept, "passive", None) | {"licence": "as agreed with whoever sent it"}
    sure = [(code, p) for code, p in kept.species if p >= trust.sure]
    if not (trust.model and sure):
        return Row(**told, labelled="none", weight=1.0)
    first = max(sure, key=lambda one: one[1])[0]
    others = tuple(code for code, _ in kept.species if code != first)
    return Row(**told, labelled="whole", primary_label=first, secondary_labels=others, weight=trust.model)


def _row(kept: Kept, origin: str, recordist: str | None) -> dict[str, Any]:
    return {
        "path": _path(kept),
        "origin": origin,
        "recordist": recordist,
        "recorded_at": _local(kept),
        "latitude": kept.latitude,
        "longitude": kept.longitude,
    }


def _path(kept: Kept) -> str:
    return f"{AUDIO}/{kept.audio}"


def _local(kept: Kept) -> datetime | None:
    """By the clock of whoever recorded it; when it was sent says little of that."""
    return datetime.fromisoformat(kept.said_at).replace(tzinfo=None) if kept.said_at else None


def _dispute(judged: Judged, statements: list[Statement]) -> str:
    """Who says what, by name."""
    said = [
        f"{s.said_by} says {'' if s.present else 'no '}{s.species or 'that nobody calls'}"
        for s in sorted(statements, key=lambda s: (s.said_by, s.species))
        if s.species in judged.disputed
    ]
    return f"guides contradict each other: {', '.join(dict.fromkeys(said))}"
