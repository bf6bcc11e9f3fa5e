"""From samples to what a model sees."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from silencio.settings.section import Count, Section


class FrontEnd(Section):
    """From samples to what a model sees; travels inside the bundle, so that serving computes what training saw."""

    features: Literal["log_mel", "mfcc", "image"] = "log_mel"
    sample_rate: Count = 32_000
    window_seconds: Annotated[float, Field(gt=0)] = 5.0
    hop_seconds: Annotated[float, Field(gt=0)] = 5.0
    cutting: Literal["sliding", "whole"] = "sliding"
    """`whole`: one window a recording, from its start, padded or cut."""
    n_fft: Annotated[int, Field(ge=2, multiple_of=2)] = 1024  # even: else a frame has no middle
    hop_length: Count = 320
    n_mels: Count = 128
    fmin: Annotated[float, Field(ge=0)] = 50.0
    fmax: Annotated[float, Field(gt=0)] = 16_000.0
    top_db: Annotated[float, Field(gt=0)] = 80.0
    """The quietest is raised to so many dB under the loudest of its window."""
    normalize: Literal["standard", "unit", "none"] = "standard"
    """`standard`: mean 0 and deviation 1, of the picture or of each coefficient; `unit`: top_db onto 0 … 1."""
    n_mfcc: Count = 20
    aggregate: Literal["none", "mean", "mean_std"] = "none"
    """Of MFCC over time."""
    padded_frames: Count | None = None
    """MFCC of every window are cut or padded with zeros to so many frames; else to those of a window."""
    image_size: Count = 224

    @property
    def window_samples(self) -> int:
        return round(self.window_seconds * self.sample_rate)

    @property
    def hop_samples(self) -> int:
        return round(self.hop_seconds * self.sample_rate)

    @property
    def frames(self) -> int:
        return 1 + self.window_samples // self.hop_length

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one window: [mels, frames], [coefficients, frames], [coefficients] or [3, size, size]."""
        if self.features == "image":
            return 3, self.image_size, self.image_size
        if self.features == "log_mel":
            return self.n_mels, self.frames
        if self.aggregate == "none":
            return self.n_mfcc, self.padded_frames or self.frames
        return (self.n_mfcc * (2 if self.aggregate == "mean_std" else 1),)

    @model_validator(mode="after")
    def _within_nyquist(self) -> Self:
        if not self.fmin < self.fmax <= self.sample_rate / 2:
            raise ValueError(f"fmin < fmax <= sample_rate / 2 = {self.sample_rate / 2:g} must hold")
        return self

    @model_validator(mode="after")
    def _windows_leave_no_gap(self) -> Self:
        if not 1 <= self.hop_samples <= self.window_samples:
            raise ValueError("hop_seconds must be at least a sample and at most window_seconds")
        return self

    @model_validator(mode="after")
    def _options_belong_to_their_features(self) -> Self:
        if self.features != "mfcc" and (self.aggregate != "none" or self.padded_frames):
            raise ValueError("aggregate and padded_frames are of mfcc")
        if self.features == "mfcc" and self.n_mfcc > self.n_mels:
            raise ValueError(f"n_mfcc is at most n_mels = {self.n_mels}")
        if self.features == "mfcc" and self.normalize == "unit":
            raise ValueError("normalize unit is of pictures: for mfcc it is standard or none")
        if self.aggregate != "none" and self.normalize != "none":
            raise ValueError("normalize takes away what aggregate is to tell: set it to none")
        return self
