"""What a phone and the service say to each other over a stream, besides the sound itself."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from silencio.serving.wish import Spoken

SAMPLE_RATES = (8_000, 192_000)
MOST_CHANNELS = 8
ANY_RATE = 65_535
"""A frame of FLAC, which streams are kept as, can name any rate up to here, and tens of Hz beyond."""


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
