"""How a recorder colours what it hears, and how what calls stands out from it.

A microphone is in every moment of a recording, a call only in some: a band's quiet moments tell the one, and by how
much its loudest ones exceed them tells the other. How loud the whole is says how far somebody turned a knob, so that
only the bands against each other count; and whatever colours both alike leaves their difference as it is.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from silencio.audio import Scale
from silencio.audio.mel import hz_to_mel, mel_to_hz
from silencio.monitoring.heard import Bands, Heights
from silencio.settings import FrontEnd

BANDS = 8
"""Enough to see a tilt, a resonance and both ends; each more asks for more days to know what is usual."""
CALL_BANDS = 20
"""So narrow that a call some semitones higher is in another one."""
QUIET, LOUD = 0.2, 0.97
"""The shares of moments that are quieter than the levels that count."""
PICTURES = ("log_mel", "image")
"""Features whose rows are bands; others have no colour that could be told from them."""


def heights_of(features: NDArray[np.floating], scale: Scale | None, front_end: FrontEnd) -> Heights | None:
    """Of the windows of one recording, [windows, *shape of the front end]; None where the features are no picture."""
    if scale is None or front_end.features not in PICTURES:
        return None
    pictures = (features[:, 0] if front_end.features == "image" else features).astype(np.float64)
    quiet, loud = np.quantile(pictures, (QUIET, LOUD), axis=2)
    spread = np.asarray(scale.scale_db)[:, None]
    floor = quiet * spread + np.asarray(scale.offset_db)[:, None]
    return Heights(_pooled(floor, BANDS), _pooled((loud - quiet) * spread, CALL_BANDS))


def _pooled(rows: NDArray[np.floating], bands: int) -> Bands:
    """[windows, rows] to [bands], or as many as there are rows; what most windows say."""
    parts = np.array_split(rows, min(bands, rows.shape[1]), axis=1)
    return np.asarray(np.median(np.stack([part.mean(axis=1) for part in parts]), axis=1))


def colour(bands: Bands) -> Bands:
    """The bands against their mean, dB, [bands]."""
    return np.asarray(bands - bands.mean())


def edges(front_end: FrontEnd, bands: int) -> tuple[tuple[int, int], ...]:
    """From where to where each band reaches, Hz."""
    lowest, highest = hz_to_mel(np.array([front_end.fmin, front_end.fmax]))
    rows = [len(part) for part in np.array_split(np.arange(front_end.n_mels), min(bands, front_end.n_mels))]
    ends = np.concatenate([[0], np.cumsum(rows)]) / front_end.n_mels
    hz = mel_to_hz(lowest + ends * (highest - lowest))
    return tuple((round(float(a)), round(float(b))) for a, b in pairwise(hz))
