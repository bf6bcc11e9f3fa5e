"""Samples into the windows that a model sees, where there is no file to decode."""

import numpy as np
from numpy.typing import NDArray

from silencio.audio.flow import Plan
from silencio.settings import FrontEnd


def windows_in(samples: NDArray[np.float32], front_end: FrontEnd) -> NDArray[np.float32]:
    """[samples] to [windows, samples of one]; the last is padded with silence."""
    plan = Plan.of(front_end)
    starts = np.arange(plan.windows(len(samples))) * plan.hop
    padded = np.pad(samples, (0, max(0, int(starts[-1]) + plan.length - len(samples))))
    return np.stack([padded[start : start + plan.length] for start in starts])
