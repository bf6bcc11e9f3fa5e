"""Sounds, and how to write them in every format that is taken."""

import io

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

FORMATS = ("WAV", "FLAC", "OGG", "MP3")


def song(seconds: float, rate: int, seed: int = 1) -> NDArray[np.float32]:
    """A rising whistle in a little wind, [samples]."""
    at = np.arange(round(seconds * rate)) / rate
    wind = np.random.default_rng(seed).standard_normal(len(at))
    return (0.3 * np.sin(2 * np.pi * (400 + 300 * at) * at) + 0.02 * wind).astype(np.float32)


def written(
    samples: NDArray[np.float32], rate: int, format: str = "WAV", subtype: str | None = None
) -> bytes:
    """`samples` are [samples] or [samples, channels]."""
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=format, subtype=subtype)
    return file.getvalue()


@pytest.fixture(params=FORMATS, name="format")
def each_format(request: pytest.FixtureRequest) -> str:
    return str(request.param)
