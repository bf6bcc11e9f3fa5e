"""When: hours of the day, and the days, months and years with their gaps."""

from datetime import datetime, timedelta

import polars as pl

from silencio.data.report.drawing import Column, Tick, columns, heat, line, plot, scale
from silencio.data.report.markup import Section, figure, key
from silencio.data.report.material import Material
from silencio.data.report.words import count, gap, plural

HOURS: tuple[Tick, ...] = tuple((hour / 24, f"{hour:02d}:00") for hour in range(0, 25, 3))
NIGHT = ((0.0, 6 / 24), (18 / 24, 1.0))
"""Near the equator, where days are equally long all year; elsewhere only roughly."""
SHORT_DAYS = 45
"""A survey no longer than this is shown day by day and hour by hour, a longer one month by month."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MOST_YEARS = 40


def when(material: Material) -> Section:
    times = material.recordings["recorded_at"]
    known = times.drop_nulls()
    if known.is_empty():
        body = gap(len(times), len(times), "a time") or "<p>There is no recording.</p>"
        return Section("when", "When", body)
    missing = gap(len(times) - len(known), len(times), "a time")
    first, last = _moment(known.min()), _moment(known.max())
    short = (last.date() - first.date()).days <= SHORT_DAYS
    return Section(
        "when",
        "When",
        _hours(material, known)
        + (_days(known, first, last) if short else _months(known, first, last))
        + missing,
    )


def _hours(material: Material, known: pl.Series) -> str:
    if (known.dt.truncate("1d") == known).all():
        return figure(
            "Hours of the day", '<p class="gap">Recordings came with their day, and without the hour.</p>'
        )
    heard = material.heard.drop_nulls("recorded_at")
    found = dict.fromkeys(((h, kind) for h in range(24) for kind, _ in material.colours), 0)
    for class_name, hour in zip(heard["class_name"], heard["recorded_at"].dt.hour(), strict=True):
        found[hour, material.colour(class_name)] += 1
    stacks = [
        Column(
            tuple((found[hour, kind], kind) for kind, _ in material.colours),
            f"{hour:02d}:00 to {hour + 1:02d}:00: "
            + ", ".join(
                f"{name} {found[hour, kind]}" for kind, name in material.colours if found[hour, kind]
            ),
        )
        for hour in range(24)
    ]
    told = [
        f"{plural(number, 'recording')} by {'night' if night else 'day'}"
        for night, number in material.recordings["night"].drop_nulls().value_counts(sort=True).iter_rows()
    ]
    about = "What is heard in each hour of the local day; from 18 to 6 o'clock is shaded. "
    about += f"By the data set's word: {' and '.join(told)}." if told else ""
    alt = "Species heard by hour. " + " ".join(f"{c.title}." for c in stacks if c.total)
    return figure(
        "Hours of the day",
        plot([columns(stacks, HOURS, bands=NIGHT)], alt),
        about=about,
        key=key(material.colours),
    )


def _months(known: pl.Series, first: datetime, last: datetime) -> str:
    found = {
        (year, month): number
        for year, month, number in pl.DataFrame({"y": known.dt.year(), "m": known.dt.month()})
        .group_by("y", "m")
        .len()
        .iter_rows()
    }
    years = range(max(first.year, last.year - MOST_YEARS + 1), last.year + 1)
    most = max(found.values())
    lines = []
    for year in years:
        within = [(first.year, first.month) <= (year, m) <= (last.year, last.month) for m in range(1, 13)]
        values = [found.get((year, m), 0) if there else None for m, there in enumerate(within, 1)]
        titles = [
            f"{name} {year}: {plural(v or 0, 'recording')}" for name, v in zip(MONTHS, values, strict=True)
        ]
        total = sum(v or 0 for v in values)
        lines.append(line(str(year), heat(values, most, titles), count(total) if total else "none"))
    lines.append(line("", scale([((m + 0.5) / 12, name) for m, name in enumerate(MONTHS)]), ""))
    span = 12 * (last.year - first.year) + last.month - first.month + 1
    about = f"From {_month(first)} to {_month(last)}; {_without(span - len(found), span, 'month')}."
    if earlier := sum(number for (year, _), number in found.items() if year < years[0]):
        about += f" {plural(earlier, 'recording')} from before {years[0]} are not drawn."
    return figure("Months and years", plot(lines, "Recordings by month. " + about), about=about)


def _days(known: pl.Series, first: datetime, last: datetime) -> str:
    found = {
        (day, hour): number
        for day, hour, number in pl.DataFrame({"d": known.dt.date(), "h": known.dt.hour()})
        .group_by("d", "h")
        .len()
        .iter_rows()
    }
    days = [first.date() + timedelta(days=k) for k in range((last.date() - first.date()).days + 1)]
    most = max(found.values())
    lines = []
    for day in days:
        values = [found.get((day, hour), 0) for hour in range(24)]
        titles = [f"{day:%d %b %Y}, {h:02d}:00: {plural(v, 'recording')}" for h, v in enumerate(values)]
        total = sum(values)
        lines.append(line(f"{day:%d %b %Y}", heat(values, most, titles), count(total) if total else "none"))
    lines.append(line("", scale(HOURS), ""))
    silent = len(days) - len({day for day, _ in found})
    hours = len({hour for _, hour in found})
    about = (
        f"{_without(silent, len(days), 'day').capitalize()}; {hours} of 24 hours of the day were listened to."
    )
    return figure("Days and hours", plot(lines, "Recordings by day and hour. " + about), about=about)


def _without(empty: int, of: int, unit: str) -> str:
    return (
        f"no {unit} without a recording"
        if not empty
        else f"{empty} of {plural(of, unit)} without a recording"
    )


def _month(moment: datetime) -> str:
    return f"{MONTHS[moment.month - 1]} {moment.year}"


def _moment(value: object) -> datetime:
    assert isinstance(value, datetime)
    return value
