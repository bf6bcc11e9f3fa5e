"""Cut a recording into the windows that models see."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from silencio.audio.decode import Limits, decoded
from silencio.audio.features import Features, Scale
from silencio.audio.flow import Flow, Hears


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


def windows_of(
    source: Path | bytes, features: Features, limits: Limits = Limits(), hears: Hears | None = None
) -> Windowed:
    """Decode, resample, cut, compute: what training, evaluation and the service all call.

    The samples are never all there at once: an hour of sound takes the room of its windows. `hears` is given them
    as they come.
    """
    pieces = decoded(source, limits)
    rate, first = next(pieces)
    flow = Flow(features, rate, hears)
    ready = [flow.feed(first), *(flow.feed(samples) for _, samples in pieces), flow.end()]
    return Windowed(
        np.concatenate([r.starts for r in ready]),
        np.concatenate([r.features for r in ready]),
        flow.seconds,
        _joined([r.scale for r in ready if r.scale]),
    )


def _joined(scales: list[Scale]) -> Scale | None:
    if not scales:
        return None
    return Scale(
        np.concatenate([s.offset_db for s in scales]),
        np.concatenate([s.scale_db for s in scales]),
    )
