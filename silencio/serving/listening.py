"""From an upload's bytes to what was heard in it."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from silencio.audio import Features, Limits, Unreadable, windows_of
from silencio.optimize.bundle import Bundle
from silencio.settings import Serving


@dataclass(frozen=True)
class Heard:
    seconds: float
    """The recording's length."""
    starts: NDArray[np.float64]
    """Seconds into the recording, [windows]"""
    probabilities: NDArray[np.float32]
    """[windows, classes]"""
    preparing: float
    """Seconds that decoding and features took."""
    inferring: float
    """Seconds that the model took."""


class Listener:
    """One bundle with its one session; call it from as many threads as there are."""

    def __init__(self, bundle: Bundle, limits: Serving) -> None:
        self._features = Features(bundle.front_end)
        self._model = bundle.model(limits.threads)
        self._limits = Limits(
            max_bytes=limits.max_bytes,
            max_seconds=limits.max_seconds,
            max_decoded_bytes=limits.max_decoded_bytes,
        )
        # The first run allocates; nobody's request should wait for that.
        self._model.probabilities(np.zeros((1, *bundle.front_end.shape), np.float32))

    def __call__(self, recording: bytes) -> Heard:
        begun = time.perf_counter()
        windowed = windows_of(recording, self._features, self._limits)
        prepared = time.perf_counter()
        probabilities = self._model.probabilities(windowed.features)
        inferred = time.perf_counter()
        if not np.isfinite(probabilities).all():
            raise Unreadable(
                "The recording's samples are too large to compute with.", "Export it as 16-bit WAV."
            )
        return Heard(windowed.seconds, windowed.starts, probabilities, prepared - begun, inferred - prepared)
