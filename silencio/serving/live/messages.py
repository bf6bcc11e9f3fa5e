"""What a phone and the service say to each other over a stream, besides the sound itself."""

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationError, field_validator

from silencio.serving.answers import DECIMALS
from silencio.serving.findings import Findings
from silencio.serving.live.line import NOT_ALLOWED, NOT_TAKEN, Closing
from silencio.serving.wish import Spoken

SAMPLE_RATES = (8_000, 192_000)
MOST_CHANNELS = 8
ANY_RATE = 65_535
"""A frame of FLAC, which streams are kept as, can name any rate up to here, and tens of Hz beyond."""
LIKELIEST = 5
"""Species of a window's probabilities, unless `top_k` says otherwise."""


class Opening(Spoken):
    """The first message: what the bytes that follow are, and what is asked of them."""

    format: Literal["pcm_s16le", "pcm_f32le"] = Field(description="Of each sample; channels take turns.")
    sample_rate: Annotated[int, Field(ge=SAMPLE_RATES[0], le=SAMPLE_RATES[1])]
    channels: Annotated[int, Field(ge=1, le=MOST_CHANNELS)] = 1

    @field_validator("sample_rate")
    @classmethod
    def _can_be_kept(cls, rate: int) -> int:
        if rate > ANY_RATE and rate % 10:
            raise ValueError(f"above {ANY_RATE} Hz a rate is in tens")
        return rate


def opening(said: bytes | dict[str, Any]) -> Opening:
    if isinstance(said, bytes):
        raise Closing(NOT_TAKEN, "The first message is JSON: format, sample_rate, channels. See /docs.")
    try:
        return Opening.model_validate(said)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise Closing(NOT_ALLOWED, f"{wrong}. See /docs for what opens a stream.") from error


def sound_or_end(said: bytes | dict[str, Any]) -> bytes | None:
    """None: that was all."""
    if isinstance(said, bytes):
        return said
    if said == {"end": True}:
        return None
    raise Closing(NOT_TAKEN, 'After the first, a message of text is {"end": true}.')


def windows(first: int, request: str, found: Findings) -> list[dict[str, Any]]:
    """A message each; `first` is how many there were before."""
    times = zip(found.heard.starts.tolist(), found.ends.tolist(), strict=True)
    return [
        {"window": first + row, "start": start, "end": end, **_heard(found, row), "request": request}
        for row, (start, end) in enumerate(times)
    ]


def _heard(found: Findings, row: int) -> dict[str, Any]:
    """Of one window: the species over their thresholds, and the likeliest whether they are or not."""
    sure = [round(float(p), DECIMALS) for p in found.probabilities[row]]
    surest = [int(column) for column in np.argsort(-found.probabilities[row], kind="stable")]
    over = [column for column in surest if found.over[row, column]][: found.wish.top_k]
    named = [(found.species[column], sure[column]) for column in over]
    return {
        "species": [{"code": s.code, "common_name": s.common_name, "confidence": c} for s, c in named],
        "probabilities": {found.species[c].code: sure[c] for c in surest[: found.wish.top_k or LIKELIEST]},
    }
