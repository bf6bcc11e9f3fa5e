"""How a recorder colours what it hears: the level of each band in the moments when nobody calls.

A microphone is in every moment of a recording, a call only in some: the quiet moments of each band tell the one from
the other. How loud the whole is says how far somebody turned a knob, so that only the bands against each other count.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from silencio.audio import Scale
from silencio.audio.mel import hz_to_mel, mel_to_hz
from silencio.monitoring.heard import Bands
from silencio.settings import FrontEnd

BANDS = 8
"""Enough to see a tilt, a resonance and both ends; each more asks for more days to know what is usual."""
QUIET = 0.2
"""The share of moments that is quieter than the level that counts."""
PICTURES = ("log_mel", "image")
"""Features whose rows are bands; others have no colour that could be told from them."""


def bands_of(features: NDArray[np.floating], scale: Scale | None, front_end: FrontEnd) -> Bands | None:
    """[windows, *shape of the front end] of one recording to dB, [bands]; None where the features are no picture."""
    if scale is None or front_end.features not in PICTURES:
        return None
    pictures = features[:, 0] if front_end.features == "image" else features
    quiet = np.quantile(pictures.astype(np.float64), QUIET, axis=2)
    decibels = quiet * np.asarray(scale.scale_db)[:, None] + np.asarray(scale.offset_db)[:, None]
    pooled = np.stack([rows.mean(axis=1) for rows in np.array_split(decibels, BANDS, axis=1)], axis=1)
    return np.asarray(np.median(pooled, axis=0))


def colour(bands: Bands) -> Bands:
    """The bands against their mean, dB, [bands]."""
    return np.asarray(bands - bands.mean())


def edges(front_end: FrontEnd) -> list[tuple[int, int]]:
    """From where to where each band reaches, Hz."""
    lowest, highest = hz_to_mel(np.array([front_end.fmin, front_end.fmax]))
    rows = [len(part) for part in np.array_split(np.arange(front_end.n_mels), BANDS)]
    ends = np.concatenate([[0], np.cumsum(rows)]) / front_end.n_mels
    hz = mel_to_hz(lowest + ends * (highest - lowest))
    return [(round(float(a)), round(float(b))) for a, b in pairwise(hz)]
