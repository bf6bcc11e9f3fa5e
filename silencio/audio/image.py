"""A log-mel picture as the image that networks made for photographs take."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
CHANNELS = 3


class Resize:
    """Bilinear; where pixels get fewer, a pixel is the average of all that it stands for. Pillow's definition."""

    def __init__(self, height: int, width: int, size: int) -> None:
        self._rows, self._columns = resampling(height, size), resampling(width, size)

    def __call__(self, picture: Floats) -> Floats:
        """[height, width] to [size, size]"""
        return np.asarray(self._rows @ picture @ self._columns.T)


def resampling(length: int, size: int) -> Floats:
    """Each new pixel's weights, a triangle over the old ones, [size, length]."""
    step = length / size
    reach = max(step, 1.0)
    middles = (np.arange(size) + 0.5) * step
    distances = np.abs(np.arange(length) + 0.5 - middles[:, None])
    weights = np.maximum(0, 1 - distances / reach)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)


def three_channels(picture: Floats) -> Floats:
    """[height, width] to [3, height, width], all equal."""
    return np.repeat(picture[None], CHANNELS, axis=0)
