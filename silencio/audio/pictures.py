"""Windows as networks take them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def as_pictures(windows: NDArray[Any]) -> NDArray[np.float32]:
    """[windows, *shape] as float32 with channels: [windows, 1, height, width], [windows, 3, height, width], or
    [windows, coefficients] as it is."""
    whole = windows.astype(np.float32, copy=False)
    return whole[:, None] if whole.ndim == 3 else whole


def channels(shape: tuple[int, ...]) -> int:
    """How many of them a network is given for one window's shape."""
    return shape[0] if len(shape) == 3 else 1
