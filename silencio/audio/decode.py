"""Decode a recording that nobody vouches for, and resample it to the front end's rate."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from silencio.errors import WrongUse

Samples = NDArray[np.float32]
"""Mono, [samples], nominally within -1 … 1."""

BLOCK_FRAMES = 1 << 16
RATES = range(1_000, 384_001)
LOUDEST = 2.0**31
"""Floats that were scaled like 32-bit integers still pass; beyond, a spectrum's power would overflow."""


class Unreadable(WrongUse):
    """A recording that cannot be, or may not be, decoded."""


@dataclass(frozen=True)
class Limits:
    """Hold while decoding: a header's word on length is not taken."""

    max_bytes: int = 1 << 30
    max_seconds: float = 3_600.0
    max_channels: int = 8


def load(source: Path | bytes, sample_rate: int, limits: Limits = Limits()) -> Samples:
    """The recording in mono at `sample_rate`, [samples]."""
    samples, rate = decode(source, limits)
    if rate == sample_rate:
        return samples
    return np.asarray(soxr.resample(samples, rate, sample_rate, quality="HQ"), dtype=np.float32)


def decode(source: Path | bytes, limits: Limits = Limits()) -> tuple[Samples, int]:
    """The recording in mono at its own rate, and that rate in Hz."""
    name = source.name if isinstance(source, Path) else "The recording"
    size = source.stat().st_size if isinstance(source, Path) else len(source)
    if size > limits.max_bytes:
        raise Unreadable(
            f"{name} has {size} bytes.", f"At most {limits.max_bytes} are taken: send it in parts."
        )
    try:
        with soundfile.SoundFile(io.BytesIO(source) if isinstance(source, bytes) else source) as stream:
            samples, rate = _read(stream, name, limits), int(stream.samplerate)
    except soundfile.LibsndfileError as error:
        raise Unreadable(
            f"{name} is not a recording that can be read ({error.error_string}).",
            "WAV, FLAC, OGG and MP3 are taken.",
        ) from error
    if not samples.size:
        raise Unreadable(f"{name} holds no sound.", "Record it again.")
    if not (np.abs(samples) <= LOUDEST).all():  # nor is NaN
        raise Unreadable(f"{name} holds values that are no sound.", "Export it again as WAV or FLAC.")
    return samples, rate


def _read(stream: soundfile.SoundFile, name: str, limits: Limits) -> Samples:
    if stream.channels > limits.max_channels:
        raise Unreadable(
            f"{name} has {stream.channels} channels.", f"At most {limits.max_channels} are taken."
        )
    if stream.samplerate not in RATES:
        raise Unreadable(f"{name} claims {stream.samplerate} Hz.", f"{RATES[0]} to {RATES[-1]} Hz are taken.")
    room = round(limits.max_seconds * stream.samplerate)
    blocks: list[Samples] = []
    while len(block := stream.read(BLOCK_FRAMES, dtype="float32", always_2d=True)):
        room -= len(block)
        if room < 0:
            raise Unreadable(
                f"{name} is longer than {limits.max_seconds:g} s.", "Cut it, and send the parts one by one."
            )
        blocks.append(block.mean(axis=1, dtype=np.float32))
    return np.concatenate(blocks) if blocks else np.empty(0, np.float32)
