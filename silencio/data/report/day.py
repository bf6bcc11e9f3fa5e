"""A day in one picture: what unattended recorders hear at which pitch, from midnight to midnight."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silencio.audio import LogMel
from silencio.data.report.drawing import scale
from silencio.data.report.excerpt import AT_ONCE, contrast, load_listed
from silencio.data.report.markup import figure
from silencio.data.report.material import Material
from silencio.data.report.moments import HOURS
from silencio.data.report.png import address
from silencio.data.report.words import plural
from silencio.settings import FrontEnd

FEWEST, MOST = 40, 192
"""Recordings: with fewer there is no day to be seen, more would not show more of it."""
QUARTERS_FROM = 60
"""Recordings from which on a quarter of an hour is a column, instead of an hour."""


def day(material: Material, front_end: FrontEnd) -> str:
    """Nothing without unattended recorders that say when they listened."""
    unattended = material.recordings.filter(
        pl.col("labelled") != "whole", pl.col("recorded_at").is_not_null()
    ).sort(pl.col("recorded_at").dt.time(), "id")
    if len(unattended) < FEWEST:
        return ""
    number = min(MOST, len(unattended))
    taken = unattended[[k * len(unattended) // number for k in range(number)]]
    log_mel = LogMel(front_end)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        spectra = list(pool.map(lambda uri: _spectrum(material, uri, log_mel), taken["uri"]))
    slots = 96 if number >= QUARTERS_FROM else 24
    times = taken["recorded_at"].dt.hour().cast(pl.Int32) * 60 + taken["recorded_at"].dt.minute()
    picture = _average(np.stack(spectra, axis=1), (times * slots // 1440).to_numpy(), slots)
    about = (
        f"{plural(number, 'recording')} by time of day: the brighter, the louder than that pitch usually is; "
        f"{front_end.fmin:g} Hz below, {front_end.fmax:g} Hz above. A gap is a time that no recorder heard."
    )
    # Wind and traffic are louder than any bird: each pitch is compared with itself at other times.
    unusual = picture - np.nanmedian(picture, axis=1, keepdims=True)
    return figure(
        "A day in one picture",
        f'<img class="day" alt="{about}" src="{address(contrast(unusual[::-1]))}">{scale(HOURS)}',
        about=about,
    )


def _spectrum(material: Material, uri: str, log_mel: LogMel) -> NDArray[np.float32]:
    """Of the first window, [mels]"""
    samples = load_listed(material.catalog.path_of(uri), log_mel.front_end.sample_rate)
    decibels = log_mel.decibels(samples[: log_mel.front_end.window_samples])
    return np.asarray(decibels.mean(axis=1))


def _average(spectra: NDArray[np.float32], slot_of: NDArray[np.integer], slots: int) -> NDArray[np.float64]:
    """[mels, recordings] to [mels, slots]; NaN where nothing was recorded."""
    picture = np.full((len(spectra), slots), np.nan)
    for slot in np.unique(slot_of):
        picture[:, slot] = spectra[:, slot_of == slot].mean(axis=1)
    return picture
