"""Cut a recording into the windows that models see."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from silencio.audio.decode import Limits, Samples, load
from silencio.audio.features import Features, Scale

CRUMB_SECONDS = 0.1
"""A remainder no longer than this is an encoder's padding, no window of its own."""


@dataclass(frozen=True)
class Windowed:
    starts: NDArray[np.float64]
    """Seconds into the recording, [windows]"""
    features: NDArray[np.float32]
    """[windows, *shape of the front end]"""
    seconds: float
    """The recording's length."""
    scale: Scale | None
    """What turns the features back into decibels; coefficients have none."""
    samples: Samples
    """All that was decoded, [samples] at the front end's rate."""


def windows_of(source: Path | bytes, features: Features, limits: Limits = Limits()) -> Windowed:
    """Decode, resample, cut, compute: what training, evaluation and the service all call."""
    front_end = features.front_end
    samples = load(source, front_end.sample_rate, limits)
    length, hop = front_end.window_samples, front_end.hop_samples
    if front_end.cutting == "whole":
        windows = cut(samples[:length], length, hop)[:1]
    else:
        windows = cut(samples, length, hop, round(CRUMB_SECONDS * front_end.sample_rate))
    begins = np.arange(len(windows)) * hop
    real = np.minimum(length, len(samples) - begins)
    computed, scale = features.scaled(windows, real)
    return Windowed(
        begins / front_end.sample_rate, computed, len(samples) / front_end.sample_rate, scale, samples
    )


def cut(samples: Samples, length: int, hop: int, crumb: int = 0) -> NDArray[np.float32]:
    """[samples] to [windows, length], hop <= length; there is always one, the last is padded with silence."""
    count = 1 + max(0, -(-(len(samples) - length - crumb) // hop))
    padded = np.pad(samples, (0, max(0, (count - 1) * hop + length - len(samples))))
    starts = np.arange(count) * hop
    return np.stack([padded[start : start + length] for start in starts])
