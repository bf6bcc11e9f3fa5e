"""Whether a recording ends before its own headers say that it does: most decoders just stop there and say nothing."""

import struct
from collections.abc import Callable, Iterator, Mapping

UNKNOWN_FROM = 0x7FFF_F000
"""Sizes that programs write who do not know yet how long a recording will be, and cannot go back."""


def is_cut_short(recording: bytes, kind: str | None) -> bool:
    """Of FLAC the decoder tells, and MP3 and AAC are frames without an end: there it is always False."""
    check = SHORT.get(kind or "")
    return check is not None and check(recording)


def _chunks(recording: bytes, order: str) -> Iterator[tuple[bytes, int, int]]:
    """RIFF's and AIFF's: name, where its content begins, how many bytes it should have."""
    at = 12
    while at + 8 <= len(recording):
        name, size = struct.unpack_from(f"{order}4sI", recording, at)
        yield name, at + 8, size
        at += 8 + size + size % 2


def _wav(recording: bytes) -> bool:
    order = ">" if recording.startswith(b"RIFX") else "<"
    wide = None
    for name, start, size in _chunks(recording, order):
        if name == b"ds64" and start + 16 <= len(recording):
            wide = struct.unpack_from("<Q", recording, start + 8)[0]
        if name == b"data":
            told = wide if wide is not None else size
            return (wide is not None or size < UNKNOWN_FROM) and start + told > len(recording)
    return False


def _aiff(recording: bytes) -> bool:
    return any(
        name == b"SSND" and start + size > len(recording) for name, start, size in _chunks(recording, ">")
    )


def _ogg(recording: bytes) -> bool:
    """Its last page says how many bytes it has. Cut just between two pages it passes: not every writer marks the
    last one, so the want of a mark is no proof."""
    page = recording.rfind(b"OggS")
    table = page + 27
    if table > len(recording):
        return True
    segments = recording[page + 26]
    end = table + segments + sum(recording[table : table + segments])
    rest = recording[end:]
    return end > len(recording) or (rest != b"" and b"OggS".startswith(rest))


def _mp4(recording: bytes) -> bool:
    at = 0
    while at + 8 <= len(recording):
        size = struct.unpack_from(">I", recording, at)[0]
        if size == 1 and at + 16 <= len(recording):
            size = struct.unpack_from(">Q", recording, at + 8)[0]
        if size < 8:  # 0: up to the end of the file
            return False
        at += size
    return at > len(recording)


SHORT: Mapping[str, Callable[[bytes], bool]] = {"WAV": _wav, "AIFF": _aiff, "OGG": _ogg, "MP4": _mp4}
