"""A model that is ready to be asked, whatever runs it."""

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from silencio.audio.pictures import as_pictures

BATCH = 16
"""Windows at a time."""


class Model(ABC):
    """Several threads may ask at once."""

    @abstractmethod
    def batch(self, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        """[up to BATCH, *shape, with channels] to logits, [as many, classes]."""

    def logits(self, windows: NDArray[np.floating]) -> NDArray[np.float32]:
        """[windows, *shape] to [windows, classes], a batch at a time."""
        return np.concatenate(
            [self.batch(as_pictures(windows[i : i + BATCH])) for i in range(0, len(windows), BATCH)]
        )

    def warm(self, window: NDArray[np.floating]) -> None:
        """Do with one, [1, *shape], what the first that ask would wait for."""
        self.logits(window)

    def probabilities(self, windows: NDArray[np.floating]) -> NDArray[np.float32]:
        """[windows, *shape] to [windows, classes]; a window may hold several species or none."""
        return sigmoid(self.logits(windows))


def sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -60, 60))), dtype=np.float32)
