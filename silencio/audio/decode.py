"""Decode a recording that nobody vouches for, and resample it to the front end's rate."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from silencio.audio import by_ffmpeg
from silencio.errors import WrongUse

Samples = NDArray[np.float32]
"""Mono, [samples], nominally within -1 … 1."""

BLOCK_FRAMES = 1 << 16
RATES = range(1_000, 384_001)
LOUDEST = 2.0**31
"""Floats that were scaled like 32-bit integers still pass; beyond, a spectrum's power would overflow."""
UNKNOWN_FORMAT = 1
"""libsndfile's code for a file of no format that it knows."""
UNKNOWN_LENGTH = 2**63 - 1
"""What libsndfile says of a FLAC file whose header was written before its end was known; it cannot read on."""
HEAD_BYTES = 12


class Unreadable(WrongUse):
    """A recording that cannot be, or may not be, decoded."""


@dataclass(frozen=True)
class Limits:
    """Hold while decoding: a header's word on length is not taken."""

    max_bytes: int = 1 << 30
    max_seconds: float = 3_600.0
    max_channels: int = 8
    max_decoded_bytes: int = 2 << 30
    """Of the mono samples, at the recording's own rate."""


def load(source: Path | bytes, sample_rate: int, limits: Limits = Limits()) -> Samples:
    """The recording in mono at `sample_rate`, [samples]."""
    samples, rate = decode(source, limits)
    if rate == sample_rate:
        return samples
    return np.asarray(soxr.resample(samples, rate, sample_rate, quality="HQ"), dtype=np.float32)


def decode(source: Path | bytes, limits: Limits = Limits()) -> tuple[Samples, int]:
    """The recording in mono at its own rate, and that rate in Hz."""
    pieces = list(decoded(source, limits))
    return np.concatenate([samples for _, samples in pieces]), pieces[0][0]


def decoded(source: Path | bytes, limits: Limits = Limits()) -> Iterator[tuple[int, Samples]]:
    """The same piece by piece, as (rate, samples); the rate never changes. At least one sample comes."""
    name = source.name if isinstance(source, Path) else "The recording"
    size = source.stat().st_size if isinstance(source, Path) else len(source)
    if size > limits.max_bytes:
        raise Unreadable(
            f"{name} has {size} bytes.", f"At most {limits.max_bytes} are taken: send it in parts."
        )
    count = 0
    with source.open("rb") if isinstance(source, Path) else io.BytesIO(source) as stream:
        for rate, samples in _read(_blocks(stream, name, limits), name, limits):
            if not (np.abs(samples) <= LOUDEST).all():  # nor is NaN
                raise Unreadable(f"{name} holds values that are no sound.", "Export it again as WAV or FLAC.")
            count += len(samples)
            yield rate, samples
    if not count:
        raise Unreadable(f"{name} holds no sound.", "Record it again.")


def _read(blocks: Iterator[tuple[int, Samples]], name: str, limits: Limits) -> Iterator[tuple[int, Samples]]:
    """Blocks of (rate, [channels, samples]) to mono, as long as they keep to the limits."""
    rate, count = 0, 0
    for block_rate, block in blocks:
        if len(block) > limits.max_channels:
            raise Unreadable(
                f"{name} has {len(block)} channels.", f"At most {limits.max_channels} are taken."
            )
        if block_rate not in RATES:
            raise Unreadable(f"{name} claims {block_rate} Hz.", f"{RATES[0]} to {RATES[-1]} Hz are taken.")
        if block_rate != (rate := rate or block_rate):
            raise Unreadable(f"{name} changes from {rate} to {block_rate} Hz.", "Export it again as WAV.")
        count += block.shape[1]
        if count > round(limits.max_seconds * rate):
            raise _too_long(name, limits)
        if 4 * count > limits.max_decoded_bytes:
            raise Unreadable(
                f"{name} is larger than {limits.max_decoded_bytes} bytes once it is decoded.",
                "Cut it, or bring it to a lower rate.",
            )
        with np.errstate(invalid="ignore", over="ignore"):  # what is no sound is looked for afterwards
            yield rate, block.mean(axis=0, dtype=np.float32)


def _blocks(stream: BinaryIO, name: str, limits: Limits) -> Iterator[tuple[int, Samples]]:
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    try:
        with soundfile.SoundFile(stream) as file:
            if not (file.format == "FLAC" and file.frames == UNKNOWN_LENGTH):
                yield from _by_libsndfile(file, name, limits)
                return
    except soundfile.LibsndfileError as error:
        if error.code != UNKNOWN_FORMAT or by_ffmpeg.demuxer_for(head) is None:
            raise Unreadable(
                f"{name} is not a recording that can be read ({error.error_string}).",
                "WAV, FLAC, OGG, MP3, M4A and AAC are taken.",
            ) from error
    try:
        yield from by_ffmpeg.blocks_of(stream, str(by_ffmpeg.demuxer_for(head)), limits.max_seconds)
    except by_ffmpeg.NotTaken as error:
        raise Unreadable(
            f"{name} is not a recording that can be read: it {error}.", "Export it as WAV."
        ) from error


def _by_libsndfile(file: soundfile.SoundFile, name: str, limits: Limits) -> Iterator[tuple[int, Samples]]:
    yield (
        file.samplerate,
        np.empty((file.channels, 0), np.float32),
    )  # what it claims is refused before it is read
    # A word for too much is taken at once: an hour of Opus is small, and takes seconds to decode. MP3's is a guess.
    if file.format != "MP3" and file.frames > round(limits.max_seconds * file.samplerate):
        raise _too_long(name, limits)
    # Room of our own: soundfile would make as much as the header says is left, which may be less than nothing.
    room = np.empty((BLOCK_FRAMES, file.channels), np.float32)
    while len(block := file.read(out=room)):
        yield file.samplerate, block.T


def _too_long(name: str, limits: Limits) -> Unreadable:
    return Unreadable(
        f"{name} is longer than {limits.max_seconds:g} s.", "Cut it, and send the parts one by one."
    )
