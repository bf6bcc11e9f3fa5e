"""What the engine is asked, and what it heard."""

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from silencio.audio import Features
from silencio.optimize.bundle import Bundle
from silencio.optimize.engines.model import Model
from silencio.serving.speech import Ear


class Priority(IntEnum):
    """Who goes first when both wait: the lower number."""

    LIVE = 0
    """Somebody holds a phone."""
    BULK = 1
    """A folder of recordings, which nobody waits for at this moment."""


@dataclass(frozen=True)
class Served:
    """One version of the model with all that an answer needs of it. A request is answered by one, from its first
    sample to its last word, whatever is swapped meanwhile."""

    bundle: Bundle
    features: Features
    model: Model
    version: str | None = None
    """Its number in the registry, where it came from there."""


@dataclass(frozen=True)
class Prepared:
    """A recording that is decoded and cut; or pictures that somebody else computed."""

    seconds: float
    """The recording's length."""
    starts: NDArray[np.float64]
    """Seconds into the recording, [windows]"""
    features: NDArray[np.float32]
    """[windows, *shape of the front end]"""
    served: Served | None = None
    """Whose front end they were made with, and whose model is asked; whoever serves if none is named."""
    ear: Ear | None = None
    """What tells whether people speak; None: nobody listened."""


@dataclass(frozen=True)
class Heard:
    served: Served
    seconds: float
    """The recording's length."""
    starts: NDArray[np.float64]
    """Seconds into the recording, [windows]"""
    probabilities: NDArray[np.float32]
    """[windows, classes]"""
    took: dict[str, float] = field(default_factory=dict)
    """Seconds by stage: decode, features, queue, inference. What went through the model in several batches waited
    in `queue` for the first of them."""
    ear: Ear | None = None
    """What tells whether people speak; None: nobody listened."""
