"""Decode what libsndfile does not know: AAC and its kin in MP4, M4A, 3GP and ADTS, and FLAC of unknown length.

A file names its own demuxers, decoders and addresses, and FFmpeg has hundreds of them. So the demuxer is chosen
here by the first bytes, nothing but these few decoders may run, no address is ever opened, and what a file's
tables claim is added up before FFmpeg makes room for it.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

import av
import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

DECODERS = ("aac", "alac", "amrnb", "amrwb", "flac")
"""By FFmpeg's names, as below."""
NOTHING_ELSE = {
    "codec_whitelist": ",".join(DECODERS),
    "format_whitelist": "aac,flac,mov,mp4,m4a,3gp,3g2,mj2",
    "protocol_whitelist": "none",
}
PACKETS_A_SECOND = 1_000
"""No sound has more: AAC has below 400 even at the highest rate."""
LARGEST_TABLES = 64 << 20
MOST_CHANNELS = 7
"""PyAV finds the end of a frame's channels by a null that FFmpeg writes only up to here; then it reads anywhere."""

TABLE = re.compile(rb"(stsz|stz2|trun|cmov)")
COUNT_AT = {b"stsz": 12, b"stz2": 12, b"trun": 8}
"""Where a table's box says how many packets it lists, in bytes after its type begins."""


class NotTaken(Exception):
    """The sentence says why, as the end of one that begins with the recording's name."""


def demuxer_for(head: bytes) -> str | None:
    """FFmpeg's name of the demuxer for a file that begins so; None if it is of no kind that is taken."""
    if head[4:8] == b"ftyp":
        return "mov"
    if head[:1] == b"\xff" and head[1:2] and head[1] & 0xF6 == 0xF0:  # ADTS: 12 bits of sync, layer 0
        return "aac"
    return "flac" if head[:4] == b"fLaC" else None


def blocks_of(
    stream: BinaryIO, demuxer: str, max_seconds: float
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """(rate in Hz, [channels, samples]), block by block, as they are decoded.

    Raises NotTaken for what FFmpeg cannot decode, at whatever block that shows.
    """
    if demuxer == "mov":
        _check_tables(stream, max_seconds)
    stream.seek(0)
    try:
        with av.open(
            stream, "r", format=demuxer, options=NOTHING_ELSE, metadata_errors="ignore"
        ) as container:
            if not container.streams.audio:
                raise NotTaken("has no sound track")
            track = container.streams.audio[0]
            # FFmpeg holds its own probing to the list above, but not who decodes afterwards. A kind that it has
            # no decoder for has no codec at all.
            if not track.codec_context or track.codec_context.name not in DECODERS:
                raise NotTaken("holds sound of a kind that is not taken in such a file")
            for frame in container.decode(track):
                yield frame.sample_rate, _samples(frame)
    except av.error.FFmpegError as error:
        raise NotTaken(f"cannot be decoded ({error.strerror})") from error


def _samples(frame: AudioFrame) -> NDArray[np.float32]:
    """[channels, samples], within -1 … 1."""
    if frame.layout.nb_channels > MOST_CHANNELS:
        raise NotTaken(f"has {frame.layout.nb_channels} channels, more than {MOST_CHANNELS}")
    values = frame.to_ndarray()
    if not frame.format.is_planar:
        values = values.reshape(-1, frame.layout.nb_channels).T
    if np.issubdtype(values.dtype, np.integer):
        values = values / np.float32(2.0 ** (8 * values.itemsize - 1))
    return np.asarray(values, dtype=np.float32)


def _check_tables(stream: BinaryIO, max_seconds: float) -> None:
    """A table may claim millions of packets in a dozen bytes, and FFmpeg makes room for all before it reads one."""
    claimed = 0
    for box in _boxes_but_sound(stream):
        for table in TABLE.finditer(box):
            if table[0] == b"cmov":
                raise NotTaken("has compressed tables")
            at = table.start() + COUNT_AT[table[0]]
            claimed += int.from_bytes(box[at : at + 4])
    if claimed > max_seconds * PACKETS_A_SECOND:
        raise NotTaken(f"claims {claimed} packets, more than {max_seconds:g} s of sound have")


def _boxes_but_sound(stream: BinaryIO) -> Iterator[bytes]:
    """The file's outermost boxes, each whole, without the one that holds the sound itself."""
    end = stream.seek(0, 2)
    at, tables = 0, 0
    while at + 8 <= end:
        stream.seek(at)
        head = stream.read(16)
        size = int.from_bytes(head[:4])
        if size == 1:  # then a longer number follows
            size = int.from_bytes(head[8:16])
        if size == 0:
            size = end - at  # to the end of the file
        if size < 8:
            raise NotTaken(f"has a box of {size} bytes, which is none")
        if head[4:8] != b"mdat":
            length = min(size, end - at)
            tables += length
            if tables > LARGEST_TABLES:
                raise NotTaken(f"has more than {LARGEST_TABLES} bytes beside its sound")
            stream.seek(at)
            yield stream.read(length)
        at += size
