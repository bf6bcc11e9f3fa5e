"""A few seconds of a recording, to be seen and heard inside a page."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from silencio.audio import LogMel, load
from silencio.errors import SilencioError

SHOWN_LEVELS = (10.0, 99.8)
"""Percentiles: what is quieter is as dark, what is louder as bright."""
SEARCHED = 60.0
"""Seconds at a recording's beginning in which the clearest are looked for."""
AT_ONCE = 2
"""Recordings in memory: an hour of sound has half a gigabyte."""
BEFORE = 0.3
"""Seconds of what leads up to a call."""
FADE = 0.01
"""Seconds: an excerpt that starts within a sound would click."""


@dataclass(frozen=True)
class Size:
    seconds: float
    columns: int
    rows: int
    points: int
    """Of the waveform."""
    rate: int
    compression: float
    """From 0, nothing lost that could be heard, to 1, the smallest."""


LARGE = Size(seconds=8.0, columns=320, rows=96, points=160, rate=24_000, compression=0.8)
SMALL = Size(seconds=1.5, columns=100, rows=40, points=60, rate=16_000, compression=0.95)


@dataclass(frozen=True)
class Excerpt:
    start: float
    seconds: float
    picture: NDArray[np.floating]
    """0 to 1, [rows, columns], low frequencies at the bottom."""
    wave: tuple[int, ...]
    """The loudest of each stretch of time, 0 to 100."""
    sound: bytes
    """MP3, which every browser plays, and whose headers are small."""


def excerpt(
    path: Path, log_mel: LogMel, size: Size, start: float | None = None, before: float = BEFORE
) -> Excerpt:
    """From so long `before` the `start` on; without one, from where there is most to be seen."""
    rate = log_mel.front_end.sample_rate
    samples = load_listed(path, rate)
    length = round(min(log_mel.front_end.window_seconds, size.seconds) * rate)
    # Never past the end.
    first = _clearest(samples, length, log_mel) if start is None else round((start - before) * rate)
    first = max(0, min(first, len(samples) - length))
    part = samples[first : first + length]
    picture = shrink(log_mel.decibels(part)[::-1], size.rows, size.columns)
    return Excerpt(
        first / rate,
        len(part) / rate,
        contrast(picture),
        _wave(part, size.points),
        _mp3(part, rate, size),
    )


def load_listed(path: Path, rate: int) -> NDArray[np.float32]:
    if not path.is_file():
        raise SilencioError(
            f"{path} is in the catalog, and is not there any more.",
            "Put it back where it was, or ingest the data again.",
        )
    return load(path, rate)


def contrast(decibels: NDArray[np.floating]) -> NDArray[np.floating]:
    """To 0 … 1, so that the background is dark whatever the gain was; NaN stays."""
    low, high = np.nanpercentile(decibels, SHOWN_LEVELS)
    return np.asarray(np.clip((decibels - low) / max(high - low, 1e-3), 0, 1))


def shrink(picture: NDArray[np.floating], rows: int, columns: int) -> NDArray[np.floating]:
    """Means over blocks, to at most [rows, columns]."""
    for axis, most in enumerate((rows, columns)):
        if picture.shape[axis] > most:
            edges = np.linspace(0, picture.shape[axis], most + 1).round().astype(int)
            sums = np.add.reduceat(picture, edges[:-1], axis=axis)
            picture = sums / np.expand_dims(np.diff(edges), 1 - axis)
    return picture


def _clearest(samples: NDArray[np.float32], length: int, log_mel: LogMel) -> int:
    """The start of the stretch in which one band stands out most from the others."""
    searched = min(len(samples), round(SEARCHED * log_mel.front_end.sample_rate))
    starts = range(0, max(1, searched - length + 1), max(1, length // 2))
    pictures = ((start, log_mel.decibels(samples[start : start + length])) for start in starts)
    score: Mapping[int, float] = {
        start: float(np.mean(p.max(axis=0) - np.median(p, axis=0))) for start, p in pictures
    }
    return max(score, key=lambda start: (score[start], -start))


def _wave(samples: NDArray[np.float32], points: int) -> tuple[int, ...]:
    edges = np.linspace(0, len(samples), min(points, len(samples)) + 1).astype(int)[:-1]
    peaks = np.maximum.reduceat(np.abs(samples), edges)
    return tuple(int(p) for p in np.round(100 * peaks / max(float(peaks.max()), 1e-9)))


def _mp3(samples: NDArray[np.float32], rate: int, size: Size) -> bytes:
    sound = np.asarray(soxr.resample(samples, rate, size.rate, quality="HQ"), dtype=np.float32)
    edge = min(round(FADE * size.rate), len(sound) // 2)
    if edge:
        ramp = np.linspace(0, 1, edge, dtype=np.float32)
        sound[:edge] *= ramp
        sound[-edge:] *= ramp[::-1]
    sound *= np.float32(0.7 / max(float(np.abs(sound).max(initial=0)), 1e-6))
    buffer = io.BytesIO()
    with soundfile.SoundFile(
        buffer,
        "w",
        size.rate,
        1,
        format="MP3",
        subtype="MPEG_LAYER_III",
        compression_level=size.compression,
        bitrate_mode="VARIABLE",
    ) as file:
        file.write(sound)
    return buffer.getvalue()
