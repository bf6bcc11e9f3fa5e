"""Whether to train again, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from silencio.identity import digest_of
from silencio.monitoring.champion import Champion, Learnt
from silencio.monitoring.drift import Drift
from silencio.monitoring.judges import Aspect
from silencio.monitoring.reasons import Reason, Why
from silencio.monitoring.words import of_alarm
from silencio.settings import Monitoring


@dataclass(frozen=True)
class Present:
    """What a training would learn from now."""

    catalog: str
    """The catalog's digest."""
    learnt: Learnt
    now: datetime
    last_training: datetime | None
    """When the last one was begun, whoever did."""
    drift: Drift | None


def reasons_to_retrain(present: Present, champion: Champion | None, settings: Monitoring) -> list[Reason]:
    """None if the champion knows all that there is to know, and nothing changed."""
    if champion is None:
        return [_reason(Why.NO_CHAMPION, "There is no champion yet.", present.catalog)]
    return [
        *_new_to_learn_from(present, champion, settings),
        *_made_otherwise(present, champion),
        *_time_passed(present, champion, settings),
        *_drifted(present, champion),
    ]


def _new_to_learn_from(present: Present, champion: Champion, settings: Monitoring) -> Iterator[Reason]:
    if champion.learnt is None:
        if present.catalog != champion.catalog:
            said = (
                f"The catalog is {present.catalog[:12]}, the champion learned from {champion.catalog[:12]}."
            )
            yield _reason(Why.DATA, said, present.catalog)
        return
    now, then = present.learnt, champion.learnt
    added, gone = len(now.release - then.release), len(then.release - now.release)
    if added >= settings.new_recordings or gone:
        taken = f", and {_many(gone, 'is', 'are')} gone" if gone else ""
        said = f"New recordings that were released since the champion learned: {added}{taken}."
        yield _reason(Why.DATA, said, digest_of(sorted(now.release)))
    corrected = len(now.corrections - then.corrections)
    if corrected >= settings.corrections:
        said = f"Recordings that guides corrected since the champion learned: {corrected}."
        yield _reason(Why.FEEDBACK, said, digest_of(sorted(now.corrections)))


def _made_otherwise(present: Present, champion: Champion) -> Iterator[Reason]:
    if champion.learnt is None:
        return
    now, then = present.learnt, champion.learnt
    if changed := [part for part, digest in now.settings.items() if then.settings.get(part) != digest]:
        said = f"Settings that shape the model changed: {', '.join(changed)}."
        yield _reason(Why.SETTINGS, said, digest_of(dict(now.settings)))
    if changed := [what for what, digest in now.code.items() if then.code.get(what) != digest]:
        said = f"The code that {' and the code that '.join(changed)} changed since the champion was trained."
        yield _reason(Why.CODE, said, digest_of(dict(now.code)))


def _time_passed(present: Present, champion: Champion, settings: Monitoring) -> Iterator[Reason]:
    serves = present.now - champion.since
    if settings.oldest_days is not None and serves > timedelta(days=settings.oldest_days):
        said = f"The champion serves for {serves.days} days; {settings.oldest_days:g} are the most."
        yield _reason(Why.AGE, said, champion.bundle)
    last = max(present.last_training or champion.since, champion.since)
    if settings.every_days is not None and present.now - last >= timedelta(days=settings.every_days):
        said = f"The schedule asks for a training every {settings.every_days:g} days; the last was on {last:%Y-%m-%d}."
        yield _reason(Why.SCHEDULE, said, last.isoformat())


def _drifted(present: Present, champion: Champion) -> Iterator[Reason]:
    """Each test's latest alarm. The same drift counts again only where there is something new to learn from."""
    for test in Aspect:
        alarms = [look for look in present.drift.of(test) if look.alarm] if present.drift else []
        if alarms:
            rests_on = digest_of([test, champion.bundle, present.catalog])
            yield _reason(Why.DRIFT, of_alarm(alarms[-1]), rests_on)


def _reason(why: Why, sentence: str, rests_on: str) -> Reason:
    return Reason(why, sentence, digest_of([why, rests_on])[:16])


def _many(n: int, one: str, several: str) -> str:
    return f"{n} {one if n == 1 else several}"
