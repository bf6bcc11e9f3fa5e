"""How far calls stand out from the background, estimated from the pictures where no label says.

In each band the background is the median over time. What stands at least 6 dB above it is taken for the call, whose
power is the mean over its energy, not over time: a bout with long pauses is as audible as its syllables are. A call
that never pauses in its band passes for background. So the decibels order windows, and are no measurement.
"""

import numpy as np
from numpy.typing import NDArray

from silencio.data.windows.store import Windows

STANDS_OUT = 4.0
"""Times the background's power."""
AT_A_TIME = 256


def estimated_snr(windows: Windows, rows: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Of these rows of the store, [rows], dB; 0 where nothing stands out. None: its features are no pictures."""
    front_end, scale = windows.front_end, windows.scale
    if scale is None:
        return None
    index, estimates = windows.index, np.zeros(len(rows))
    heard = ((index["duration"] - index["start"]) / front_end.window_seconds).fill_null(1.0).to_numpy()[rows]
    for begin in range(0, len(rows), AT_A_TIME):
        few = rows[begin : begin + AT_A_TIME]
        pictures = windows.features[few].astype(np.float32)
        for number, picture in enumerate(pictures, start=begin):
            row = rows[number]
            bands = picture[0] if picture.ndim == 3 else picture
            decibels = bands * scale.scale_db[row] + scale.offset_db[row]
            estimates[number] = standing_out(_without_padding(decibels, heard[number]))
    return estimates


def standing_out(decibels: NDArray[np.floating]) -> float:
    """[bands, frames] -> dB."""
    above = decibels - np.median(decibels, axis=1, keepdims=True)
    power = 10 ** (above[above >= 10 * np.log10(STANDS_OUT)].astype(np.float64) / 10)
    return float(10 * np.log10((power**2).sum() / power.sum())) if len(power) else 0.0


def _without_padding(decibels: NDArray[np.floating], heard: float) -> NDArray[np.floating]:
    """`heard` is the share of the window that is sound."""
    frames = decibels.shape[1]
    return decibels[:, : min(frames, max(1, int(heard * frames)))]
