"""From samples to what a model sees."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from silencio.settings.section import Count, Section

EMBEDDING = "embedding.onnx"
"""The name of an embedding model's file wherever it travels."""
OF_PICTURES = (
    "n_fft",
    "hop_length",
    "n_mels",
    "fmin",
    "fmax",
    "top_db",
    "normalize",
    "n_mfcc",
    "aggregate",
    "padded_frames",
    "image_size",
)
"""What an embedding model, which hears the samples themselves, has no use for."""
NEEDED = ("embedding_model", "embedding_digest", "embedding_size")


class FrontEnd(Section):
    """From samples to what a model sees; travels inside the bundle, so that serving computes what training saw."""

    features: Literal["log_mel", "mfcc", "image", "embedding"] = "log_mel"
    """`embedding`: what a model that others trained, an ONNX file, makes of the samples."""
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
    normalize: Literal["standard", "unit", "fixed", "none"] = "standard"
    """`standard`: mean 0 and deviation 1, of the picture or of each coefficient; `unit`: top_db onto 0 … 1; `fixed`:
    (decibels + 30) / 20 whatever the picture, so that who is loud stays loud; `none`: decibels, or coefficients."""
    n_mfcc: Count = 20
    aggregate: Literal["none", "mean", "mean_std"] = "none"
    """Of MFCC over time."""
    padded_frames: Count | None = None
    """MFCC of every window are cut or padded with zeros to so many frames; else to those of a window."""
    image_size: Count = 224
    embedding_model: Path | None = None
    """The ONNX file, from where the command runs, or else from the workspace or its raw/weights."""
    embedding_digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    """SHA-256 of that file: another one is refused, here and where it is served."""
    embedding_size: Count | None = None
    """Numbers that it gives for a window."""
    embedding_output: str | None = None
    """Which of its outputs; else the only one, or the one called embedding."""
    embedding_peak: Annotated[float, Field(gt=0, le=1)] | None = None
    """Windows have their mean taken away and are made as loud as this at their loudest; none: as they are."""

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
        """Of one window: [mels, frames], [coefficients, frames], [coefficients], [3, size, size] or [embedding]."""
        if self.features == "embedding":
            return (self.embedding_size or 0,)
        if self.features == "image":
            return 3, self.image_size, self.image_size
        if self.features == "log_mel":
            return self.n_mels, self.frames
        if self.aggregate == "none":
            return self.n_mfcc, self.padded_frames or self.frames
        return (self.n_mfcc * (2 if self.aggregate == "mean_std" else 1),)

    def anywhere(self) -> Self:
        """Without where a file lies on this machine: what keys are made of, and what is compared."""
        return self.at(Path(EMBEDDING)) if self.features == "embedding" else self

    def at(self, embedding_model: Path) -> Self:
        return self.model_copy(update={"embedding_model": embedding_model})

    @model_validator(mode="after")
    def _within_nyquist(self) -> Self:
        if self.features != "embedding" and not self.fmin < self.fmax <= self.sample_rate / 2:
            raise ValueError(f"fmin < fmax <= sample_rate / 2 = {self.sample_rate / 2:g} must hold")
        return self

    @model_validator(mode="after")
    def _windows_leave_no_gap(self) -> Self:
        if not 1 <= self.hop_samples <= self.window_samples:
            raise ValueError("hop_seconds must be at least a sample and at most window_seconds")
        return self

    @model_validator(mode="after")
    def _options_belong_to_their_features(self) -> Self:
        if self.features in ("log_mel", "image") and (self.aggregate != "none" or self.padded_frames):
            raise ValueError("aggregate and padded_frames are of mfcc")
        if self.features == "mfcc" and self.n_mfcc > self.n_mels:
            raise ValueError(f"n_mfcc is at most n_mels = {self.n_mels}")
        if self.features == "mfcc" and self.normalize in ("unit", "fixed"):
            raise ValueError(f"normalize {self.normalize} is of pictures: for mfcc it is standard or none")
        if self.features == "mfcc" and self.aggregate != "none" and self.normalize != "none":
            raise ValueError("normalize takes away what aggregate is to tell: set it to none")
        return self

    @model_validator(mode="after")
    def _an_embedding_is_of_one_file(self) -> Self:
        if self.features != "embedding":
            if given := self._set(name for name in type(self).model_fields if name.startswith("embedding_")):
                raise ValueError(f"{given} is of embedding: leave it out for {self.features}")
            return self
        if missing := [name for name in NEEDED if getattr(self, name) is None]:
            raise ValueError(
                f"features embedding needs {', '.join(missing)}: docs/weights.md says what they are"
            )
        if given := self._set(OF_PICTURES):
            raise ValueError(
                f"{given} is of pictures and mfcc: an embedding model hears the samples themselves"
            )
        return self

    def _set(self, names: Iterable[str]) -> str:
        """Those that are not as by default."""
        fields = type(self).model_fields
        return ", ".join(name for name in names if getattr(self, name) != fields[name].default)
