"""When a recording was made, from what people write: on Xeno-canto, in a release's table, in a file's name."""

import re
from datetime import datetime

import polars as pl

# Without separators it takes all eight digits: 2014111 may be of January or of November.
DATE = re.compile(
    r"(?=\d{8}$|\d{4}\D)(?P<year>\d{4})(?P<between>\D?)(?P<month>\d{1,2})(?P=between)(?P<day>\d{1,2})"
)
CLOCK = re.compile(
    r"""
    (?:~|c\.?|ca\.?|circa|about)? \s*
    (?P<hour>\d{1,2})
    (?: \s*[:.h]\s* (?P<minute>\d{2}) (?: [:.]\d{2}(?:\.\d+)? )? | (?P<joined>\d{2}) )?
    \s* (?P<unit>h|hrs?|hours?)? \s* (?P<half>[ap])?(?(half)\.?m\.?)
    """,
    re.VERBOSE | re.IGNORECASE,
)
STAMP = re.compile(r"(\d{4})\D?(\d\d)\D?(\d\d)\D*(\d\d)\D?(\d\d)(?:\D?(\d\d))?")
FIRST_YEAR = 1900
"""Nobody recorded an animal's voice in a forest before; a year like 0000 or 0018 is a slip."""


def moment(date: str | None, time: str | None) -> datetime | None:
    """Local time to the minute. None unless both are told, such as "2014-05-23" and "06:30", "6:30pm", "7h15".

    A date whose time nobody knows is none: taken for midnight, it would turn a day's song into a night's.
    """
    day, clock = DATE.fullmatch((date or "").strip()), CLOCK.fullmatch((time or "").strip())
    if not day or not clock:
        return None
    minutes = _minutes(clock)
    if minutes is None:
        return None
    return _datetime(int(day["year"]), int(day["month"]), int(day["day"]), *divmod(minutes, 60))


def moments(dates: pl.Series, times: pl.Series) -> pl.Series:
    return pl.Series(map(moment, dates, times), dtype=pl.Datetime("us"))


def stamp(text: str | None) -> datetime | None:
    """From a name: 20190522_001500, 20190522T0015, 2019-05-22_00-15-00."""
    found = STAMP.fullmatch((text or "").strip())
    return _datetime(*(int(part or 0) for part in found.groups())) if found else None


def iso(text: str | None) -> datetime | None:
    """Local time; a text with a zone is read by its own clock."""
    try:
        return datetime.fromisoformat(text or "").replace(tzinfo=None)
    except ValueError:
        return None


def _minutes(clock: re.Match[str]) -> int | None:
    """Since midnight. "6" alone may be morning or evening, and "13:00 am" contradicts itself: None."""
    told = clock["minute"] or clock["joined"]
    hour, half = int(clock["hour"]), (clock["half"] or "").lower()
    if not (told or half or clock["unit"]):
        return None
    if (half and not hour) or (half == "a" and hour > 12):
        return None
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    minute = int(told or 0)
    return 60 * hour + minute if hour < 24 and minute < 60 else None


def _datetime(year: int, *rest: int) -> datetime | None:
    """None where the calendar has no such day, as 2014-00-00 or 2014-02-30."""
    if year < FIRST_YEAR:
        return None
    try:
        return datetime(year, *rest)  # type: ignore[arg-type]  # month and day are always among them
    except ValueError:
        return None
