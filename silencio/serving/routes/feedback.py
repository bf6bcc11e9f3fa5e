"""`POST /v1/feedback`"""

import difflib
import math
from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from silencio.data.feedback import Said, StoreLost, Verdict, Word
from silencio.serving.problems import Problem, documented
from silencio.serving.service import Service

PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f]*$"
MOST_SPECIES = 64
EXAMPLES = {
    "another": {
        "summary": "It was another species, and no other besides.",
        "value": {"request": "0b5e…", "species": "littin1", "said_by": "Rosa"},
    },
    "right": {"value": {"request": "0b5e…", "verdict": "right", "said_by": "Rosa"}},
    "wrong": {
        "summary": "One of those that were answered does not call.",
        "value": {"request": "0b5e…", "verdict": "wrong", "species": "littin1", "said_by": "Rosa"},
    },
    "one window": {
        "value": {
            "request": "0b5e…",
            "verdict": "right",
            "species": ["littin1"],
            "start": 5,
            "end": 10,
            "said_by": "Rosa",
        }
    },
}


PROBLEMS = documented(
    {
        404: "No such request.",
        410: "The recording is not kept, or not any more.",
        503: "Nothing can be kept at this moment.",
    }
)


def _finite(seconds: float) -> float:
    if not math.isfinite(seconds):
        raise ValueError("a time in seconds is a finite number")
    return seconds


Code = Annotated[str, Field(max_length=128)]
Seconds = Annotated[float, Field(ge=0), AfterValidator(_finite)]


class Feedback(BaseModel):
    request: Annotated[
        str, Field(description="The `request` of an identification.", max_length=128, pattern=PRINTABLE)
    ]
    verdict: Annotated[
        Verdict, Field(description="`right` or `wrong`: what was answered; `species`: these call, no others.")
    ] = Verdict.SPECIES
    species: Annotated[
        Code | Annotated[list[Code], Field(max_length=MOST_SPECIES)],
        Field(
            description="The code of a species, or several. With right or wrong: which of the answered ones; all of "
            "them if none is named."
        ),
    ] = []
    start: Annotated[
        Seconds | None, Field(description="Seconds; with `end`: what is said is of this stretch.")
    ] = None
    end: Seconds | None = None
    said_by: Annotated[
        str,
        Field(
            description="Who says so. Said again by the same person of the same species and stretch, the new word "
            "counts.",
            min_length=1,
            max_length=128,
            pattern=PRINTABLE,
        ),
    ]

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.verdict is Verdict.SPECIES and not self.codes:
            raise ValueError("name the species that calls, or say right or wrong")
        if (self.start is None) != (self.end is None):
            raise ValueError("a stretch has a start and an end")
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise ValueError("a stretch ends after it starts")
        return self

    @property
    def codes(self) -> tuple[str, ...]:
        return (self.species,) if isinstance(self.species, str) else tuple(self.species)


class Thanks(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"example": {"request": "0b5e…", "verdict": "species", "species": "littin1"}}
    )

    request: str
    verdict: Verdict
    species: str | list[str]


def routes(service: Service) -> APIRouter:
    router = APIRouter()
    body = {"requestBody": {"content": {"application/json": {"examples": EXAMPLES}}}}

    @router.post("/v1/feedback", status_code=201, responses=PROBLEMS, openapi_extra=body)
    def say(word: Feedback) -> Thanks:
        """Say what is really heard in a recording that was identified.

        Once this answers 201, the word is on the disk, with the recording.
        """
        _refuse_unknown_species(word.codes, [s.code for s in service.bundle.species])
        if service.feedback is None:
            raise _unknown(word.request, "it keeps no recordings")
        said = Word(
            request=word.request,
            said_by=word.said_by,
            verdict=word.verdict,
            species=word.codes,
            start=word.start,
            end=word.end,
        )
        try:
            outcome = service.feedback.say(said)
        except StoreLost as error:
            raise Problem(
                503, "The word cannot be kept at this moment.", "Send it again in a minute."
            ) from error
        match outcome:
            case Said.UNKNOWN:
                raise _unknown(word.request, "it heard none of that name")
            case Said.GONE:
                raise Problem(
                    410,
                    f"The recording of {word.request!r} is not kept: nobody wanted it kept, people seemed to speak in "
                    "it, or it was too long ago.",
                    "A word without its recording teaches nothing: identify the recording again, if you have it.",
                )
            case Said.EMPTY:
                raise Problem(
                    422,
                    f"No species was answered to {word.request!r}, so none is wrong.",
                    "Name the species.",
                )
            case Said.KEPT:
                service.metrics.said(word.verdict.value)
        return Thanks(request=word.request, verdict=word.verdict, species=word.species)

    return router


def _refuse_unknown_species(said: tuple[str, ...], codes: list[str]) -> None:
    for code in said:
        if code not in codes:
            near = difflib.get_close_matches(code, codes, n=3, cutoff=0.4) or codes[:3]
            raise Problem(422, f"{code!r} is no species of this model.", f"Near are {', '.join(near)}.")


def _unknown(request: str, why: str) -> Problem:
    return Problem(404, f"This service knows no request {request!r}: {why}.", "Identify the recording again.")
