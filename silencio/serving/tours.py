"""The diversity of a tour: how many species were heard, how evenly, and how many more there may be.

Counted are recordings: how often a species is heard is in how many recordings of the tour it is.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.config import JsonDict

from silencio.data.feedback import Kept, Visit
from silencio.data.feedback.records import NOBODY
from silencio.data.feedback.trust import judge
from silencio.settings import Trust

EQUALLY = Trust()
"""Every guide is believed like any other: who says more often what is right, only a training asks."""

EXAMPLE: JsonDict = {
    "tour": "dawn-walk-7f3a",
    "recordings": 12,
    "minutes": 14.5,
    "corrected": 2,
    "diversity": {"richness": 3, "expected_richness": 3.5, "shannon": 0.98, "simpson": 0.58},
    "species": [
        {
            "code": "howmon1",
            "common_name": "Howler monkey",
            "recordings": 6,
            "first_heard": "2025-06-01T05:12:00",
            "last_heard": "2025-06-01T06:02:00",
        }
    ],
    "hours": [{"hour": 5, "recordings": 9, "richness": 3}],
}


LocalTime = Annotated[
    datetime,
    # Not JSON schema's date-time: that has a zone.
    WithJsonSchema(
        {"type": "string", "description": "By the recordings' own times, else in UTC; without a zone."}
    ),
]


class TourSpecies(BaseModel):
    code: str
    common_name: Annotated[
        str | None, Field(description="None if the model that answers now knows no such species.")
    ]
    recordings: Annotated[int, Field(description="In which it is heard.")]
    first_heard: LocalTime
    last_heard: LocalTime


class TourHour(BaseModel):
    hour: Annotated[
        int, Field(description="Of the day, by the recordings' own times, else in UTC.", ge=0, le=23)
    ]
    recordings: int
    richness: int


class Diversity(BaseModel):
    richness: Annotated[int, Field(description="Species heard.")]
    expected_richness: Annotated[
        float,
        Field(
            description="With those that nobody heard yet: Chao2, from how many species are heard in one or two "
            "recordings alone. A lower bound, and not much worth under ten recordings."
        ),
    ]
    shannon: Annotated[float, Field(description="Of how often each is heard, in nats; 0 of one species.")]
    simpson: Annotated[
        float,
        Field(description="How likely two calls, drawn at random, are of two species; 0 of one species."),
    ]


class Tour(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    tour: str
    recordings: int
    minutes: float
    corrected: Annotated[int, Field(description="Recordings about which guides said something.")]
    diversity: Diversity
    species: Annotated[list[TourSpecies], Field(description="The most heard first.")]
    hours: list[TourHour]


def tour_of(name: str, visits: Sequence[Visit], common_names: Mapping[str, str]) -> Tour:
    """At least one visit."""
    heard = [(moment_of(visit.kept), present(visit)) for visit in visits]
    times: dict[str, list[datetime]] = defaultdict(list)
    for at, codes in heard:
        for code in codes:
            times[code].append(at)
    counts = {code: len(moments) for code, moments in times.items()}
    order = sorted(counts, key=lambda code: (-counts[code], code))
    return Tour(
        tour=name,
        recordings=len(visits),
        minutes=round(sum(visit.kept.seconds for visit in visits) / 60, 2),
        corrected=sum(bool(visit.statements) for visit in visits),
        diversity=diversity(list(counts.values()), len(visits)),
        species=[
            TourSpecies(
                code=code,
                common_name=common_names.get(code),
                recordings=counts[code],
                first_heard=min(times[code]),
                last_heard=max(times[code]),
            )
            for code in order
        ],
        hours=_by_hour(heard),
    )


def present(visit: Visit) -> frozenset[str]:
    """The species in a recording: what the service heard, unless more guides deny than confirm it, and what more
    guides name than deny."""
    judged = judge(visit.kept, visit.statements, EQUALLY)
    answered = {code for code, _ in visit.kept.species}
    return frozenset(judged.present.keys() - {NOBODY}) | (answered & set(judged.open))


def diversity(counts: Sequence[int], recordings: int) -> Diversity:
    """`counts`: in how many recordings each species is heard."""
    total = sum(counts)
    shares = [count / total for count in counts]
    once, twice = counts.count(1), counts.count(2)
    unheard = (recordings - 1) / recordings * once * (once - 1) / (2 * (twice + 1)) if recordings else 0.0
    return Diversity(
        richness=len(counts),
        expected_richness=round(len(counts) + unheard, 3),
        shannon=round(-sum(share * math.log(share) for share in shares), 6) + 0.0,
        simpson=round(1 - sum(share**2 for share in shares), 6) if counts else 0.0,
    )


def moment_of(kept: Kept) -> datetime:
    """By the clock of whoever recorded it, if he says when, else when it was answered, in UTC; without a zone, for
    the two would not compare."""
    if kept.said_at:
        return datetime.fromisoformat(kept.said_at).replace(tzinfo=None)
    return datetime.fromtimestamp(kept.at, UTC).replace(tzinfo=None)


def _by_hour(heard: Sequence[tuple[datetime, frozenset[str]]]) -> list[TourHour]:
    hours: dict[int, list[frozenset[str]]] = defaultdict(list)
    for at, codes in heard:
        hours[at.hour].append(codes)
    return [
        TourHour(hour=hour, recordings=len(sets), richness=len(frozenset().union(*sets)))
        for hour, sets in sorted(hours.items())
    ]
