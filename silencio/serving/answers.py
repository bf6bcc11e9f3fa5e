"""What the API answers and takes, as it stands in the OpenAPI document."""

from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from silencio.data.species import Species
from silencio.optimize.bundle import Bundle
from silencio.serving.findings import Findings

DECIMALS = 6
"""Of a probability in an answer."""


FROG: JsonDict = {
    "code": "frogli1",
    "common_name": "Litter frog",
    "scientific_name": "Craugastor fitzingeri",
    "class_name": "Amphibia",
}


class SpeciesAnswer(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": FROG})

    code: str
    common_name: str
    scientific_name: str
    class_name: str

    @classmethod
    def of(cls, species: Species) -> Self:
        return cls(**vars(species))


class HeardSpecies(SpeciesAnswer):
    confidence: Annotated[float, Field(description="The highest probability over the windows.")]
    raw_confidence: Annotated[
        float | None, Field(description="The same before place and date weighed in; null if they did not.")
    ] = None
    starts: Annotated[list[float], Field(description="The windows over the threshold, in seconds.")]


class WindowAnswer(BaseModel):
    start: float
    end: float
    probabilities: Annotated[dict[str, float], Field(description="By species code.")]
    raw: Annotated[
        dict[str, float] | None, Field(description="Before place and date weighed in; null if they did not.")
    ] = None


class ModelName(BaseModel):
    digest: str
    name: str


class PriorAnswer(BaseModel):
    applied: bool
    why: str


class Identification(BaseModel):
    request: Annotated[str, Field(description="Name it in /v1/feedback.")]
    model: ModelName
    seconds: float
    prior: Annotated[PriorAnswer, Field(description="Whether place and date weighed in.")]
    windows: list[WindowAnswer]
    species: Annotated[list[HeardSpecies], Field(description="Over their thresholds, the surest first.")]


class ModelAnswer(ModelName):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "digest": "3f2a9c01d2e4…",
                "name": "efficientnet_b0-int8-3f2a9c01d2e4",
                "version": "12",
                "facts": {"architecture": "efficientnet_b0", "variant": "int8", "map": 0.87},
                "card": "# efficientnet_b0-int8-3f2a9c01d2e4\n\n…",
                "species": 206,
                "window_seconds": 5.0,
                "max_bytes": 33_554_432,
                "max_seconds": 600.0,
            }
        }
    )

    version: Annotated[str | None, Field(description="In the registry, where it came from there.")]
    facts: dict[str, Any]
    card: Annotated[str | None, Field(description="What it is for, and how well it hears, as Markdown.")]
    species: int
    window_seconds: float
    max_bytes: Annotated[int, Field(description="Larger uploads are refused.")]
    max_seconds: Annotated[float, Field(description="Longer recordings are refused.")]


def name_of(bundle: Bundle) -> str:
    """What people call the model: architecture and variant if the bundle says so, and the digest's start."""
    parts = [str(bundle.facts[key]) for key in ("architecture", "variant") if key in bundle.facts]
    return "-".join([*parts, bundle.digest[:12]])


def identification(request: str, found: Findings) -> Identification:
    bundle = found.heard.served.bundle
    raw = _by_code(found, found.raw) if found.is_weighted else [None] * len(found.raw)
    times = zip(found.heard.starts.tolist(), found.ends.tolist(), strict=True)
    windows = [
        WindowAnswer(start=start, end=end, probabilities=probabilities, raw=before)
        for (start, end), probabilities, before in zip(
            times, _by_code(found, found.probabilities), raw, strict=True
        )
    ]
    return Identification(
        request=request,
        model=ModelName(digest=bundle.digest, name=name_of(bundle)),
        seconds=found.heard.seconds,
        prior=PriorAnswer(applied=found.is_weighted, why=found.prior),
        windows=windows,
        species=[_heard_species(found, column) for column in found.present],
    )


def _by_code(found: Findings, probabilities: NDArray[np.float32]) -> list[dict[str, float]]:
    """Of each window, [windows, species]; only its `top_k` where so many are asked for."""
    codes = [species.code for species in found.species]
    rows = np.round(probabilities.astype(np.float64), DECIMALS).tolist()
    top = found.wish.top_k
    if top is None or top >= len(codes):
        return [dict(zip(codes, row, strict=True)) for row in rows]
    surest = np.argsort(-found.probabilities, axis=1, kind="stable")[:, :top].tolist()
    return [{codes[i]: row[i] for i in best} for row, best in zip(rows, surest, strict=True)]


def _heard_species(found: Findings, column: int) -> HeardSpecies:
    return HeardSpecies(
        **vars(found.species[column]),
        confidence=_most(found.probabilities[:, column]),
        raw_confidence=_most(found.raw[:, column]) if found.is_weighted else None,
        starts=found.heard.starts[found.over[:, column]].tolist(),
    )


def _most(probabilities: NDArray[np.float32]) -> float:
    return round(float(probabilities.max()), DECIMALS)
