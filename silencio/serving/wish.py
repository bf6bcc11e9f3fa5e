"""What a caller asks for beside the recording: at the border (`Spoken`, `Asked`), and once it makes sense (`Wish`)."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator

from silencio.serving.engine.heard import Priority
from silencio.serving.problems import Problem

Format = Literal["json", "csv", "raven", "audacity"]
Scale = Literal["decibels", "front_end"]
"""Of a log-mel picture: see silencio.serving.pictures."""

NAMELESS = "recording"
LONGEST_NAME = 128
TRICKY = re.compile(r"[^\w .()-]")
FORMULA = "=+-@. "
"""A spreadsheet takes a cell that begins so for a formula; a dot begins a hidden file."""


@dataclass(frozen=True)
class Wish:
    top_k: int | None = None
    """Of the species in an answer, at most so many; all if none is given."""
    min_confidence: float | None = None
    """In place of the species' own thresholds."""
    species: tuple[str, ...] = ()
    """Only these are answered; all if there are none."""
    latitude: float | None = None
    longitude: float | None = None
    at: datetime | None = None
    """When it was recorded, as who recorded it says."""
    tour: str | None = None
    """Of which tour it is."""
    priority: Priority = Priority.LIVE
    may_keep: bool = True
    """False: who sent it does not want it kept."""
    deadline: float | None = None
    """Seconds from when it was asked; the service's own if none is given."""


class Spoken(BaseModel):
    """The same as a caller says it: what may be asked of a recording and of a stream alike."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    top_k: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        None, description="At most so many species, and so many probabilities a window. Tables show all."
    )
    min_confidence: Annotated[float, Field(ge=0, le=1)] | None = Field(
        None, description="In place of the species' own thresholds."
    )
    species: Annotated[list[Annotated[str, Field(max_length=4096)]], Field(max_length=1024)] = Field(
        [], description="Codes: only these are answered. Repeat it, or separate them by commas."
    )
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = Field(
        None, description="Where it was recorded: weighs the species by where they are known from."
    )
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    at: datetime | None = Field(
        None, description="When it was recorded, by the clock there: weighs the species by the month."
    )
    tour: Annotated[str, Field(pattern=r"^[\w.~-]{1,64}$")] | None = Field(
        None, description="Of which tour it is: /v1/tours/{id} counts its species."
    )
    keep: bool = Field(True, description="false: it is not kept, and /v1/feedback will not know it.")

    @field_validator("species", mode="before")
    @classmethod
    def _separated(cls, said: object) -> object:
        """One string, or several, each of which may hold several codes."""
        several = [said] if isinstance(said, str) else said
        if not isinstance(several, list) or not all(isinstance(one, str) for one in several):
            return said
        return [code.strip() for one in several for code in one.split(",") if code.strip()]

    def wish(self, codes: Sequence[str]) -> Wish:
        """`codes` are the model's species."""
        if unknown := [code for code in self.species if code not in codes]:
            raise no_species(unknown[0], codes)
        if (self.latitude is None) != (self.longitude is None):
            raise Problem(422, "A place has a latitude and a longitude.", "Send both, or neither.")
        return Wish(
            top_k=self.top_k,
            min_confidence=self.min_confidence,
            species=tuple(dict.fromkeys(self.species)),
            latitude=self.latitude,
            longitude=self.longitude,
            at=self.at,
            tour=self.tour,
            may_keep=self.keep,
        )


class Asked(Spoken):
    """Of a recording: query parameters, fields of a form, or keys of a JSON body."""

    format: Format | None = Field(None, description="Of the answer; `Accept` decides where this does not.")
    name: Annotated[str, Field(max_length=1024)] | None = Field(
        None, description="What tables call the recording; a form's file has its own.", examples=["dawn-17"]
    )
    priority: Literal["live", "bulk"] = Field("live", description="`bulk` lets those go first who wait.")
    merge: bool = Field(False, description="Raven and Audacity: windows in a row become one selection.")
    deadline: Annotated[float, Field(gt=0, le=3600)] | None = Field(
        None, description="Seconds within which an answer is of use; later, 504 is answered."
    )
    scale: Scale = Field("decibels", description="Of a log-mel picture that is sent in place of sound.")

    def wish(self, codes: Sequence[str]) -> Wish:
        return replace(super().wish(codes), priority=Priority[self.priority.upper()], deadline=self.deadline)

    def over(self, others: Self) -> Self:
        """These, and where they say nothing, the others."""
        unsaid = others.model_fields_set - self.model_fields_set
        return self.model_copy(update={name: getattr(others, name) for name in unsaid})


def no_species(code: str, codes: Sequence[str]) -> Problem:
    near = difflib.get_close_matches(code[:LONGEST_NAME], codes, n=3, cutoff=0.4) or list(codes[:3])
    return Problem(
        422,
        f"{code[:LONGEST_NAME]!r} is no species of this model.",
        f"Near are {', '.join(near)}; /v1/species has all.",
    )


def harmless(name: str | None) -> str:
    """A recording's name for tables and file names: the last part of a path, without any trick."""
    last = re.split(r"[/\\]", name or "")[-1]
    plain = TRICKY.sub("_", last)[:LONGEST_NAME].strip()
    if not plain.strip(FORMULA):
        return NAMELESS
    return plain if plain[0] not in FORMULA else f"_{plain[1:]}"
