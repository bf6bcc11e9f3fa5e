"""What the API answers and takes, as it stands in the OpenAPI document."""

from typing import Annotated, Any, Self

import numpy as np
from pydantic import BaseModel, Field

from silencio.data.species import Species
from silencio.optimize.bundle import Bundle
from silencio.serving.engine.heard import Heard

DECIMALS = 6
"""Of a probability in an answer."""


class SpeciesAnswer(BaseModel):
    code: str
    common_name: str
    scientific_name: str
    class_name: str

    @classmethod
    def of(cls, species: Species) -> Self:
        return cls(**vars(species))


class HeardSpecies(SpeciesAnswer):
    confidence: Annotated[float, Field(description="The highest probability over the windows.")]
    starts: Annotated[list[float], Field(description="The windows over the threshold, in seconds.")]


class WindowAnswer(BaseModel):
    start: float
    end: float
    probabilities: dict[str, float]


class ModelName(BaseModel):
    digest: str
    name: str


class Identification(BaseModel):
    request: Annotated[str, Field(description="Name it in /v1/feedback.")]
    model: ModelName
    seconds: float
    windows: list[WindowAnswer]
    species: Annotated[list[HeardSpecies], Field(description="Over their thresholds, the surest first.")]


class ModelAnswer(ModelName):
    facts: dict[str, Any]
    species: int
    window_seconds: float
    max_bytes: Annotated[int, Field(description="Larger uploads are refused.")]
    max_seconds: Annotated[float, Field(description="Longer recordings are refused.")]


def name_of(bundle: Bundle) -> str:
    """What people call the model: architecture and variant if the bundle says so, and the digest's start."""
    parts = [str(bundle.facts[key]) for key in ("architecture", "variant") if key in bundle.facts]
    return "-".join([*parts, bundle.digest[:12]])


def identification(request: str, heard: Heard) -> Identification:
    bundle = heard.served.bundle
    codes = [s.code for s in bundle.species]
    length = bundle.front_end.window_seconds
    windows = [
        WindowAnswer(
            start=float(start),
            end=min(float(start) + length, heard.seconds),
            probabilities={c: round(float(p), DECIMALS) for c, p in zip(codes, row, strict=True)},
        )
        for start, row in zip(heard.starts, heard.probabilities, strict=True)
    ]
    return Identification(
        request=request,
        model=ModelName(digest=bundle.digest, name=name_of(bundle)),
        seconds=heard.seconds,
        windows=windows,
        species=over_threshold(bundle, heard),
    )


def over_threshold(bundle: Bundle, heard: Heard) -> list[HeardSpecies]:
    over = heard.probabilities >= bundle.thresholds
    confidence = heard.probabilities.max(axis=0)
    found = [int(i) for i in np.argsort(-confidence, kind="stable") if over[:, i].any()]
    return [
        HeardSpecies(
            **vars(bundle.species[i]),
            confidence=round(float(confidence[i]), DECIMALS),
            starts=[float(s) for s in heard.starts[over[:, i]]],
        )
        for i in found
    ]
