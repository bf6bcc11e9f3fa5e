"""Ogg Vorbis that is the same, byte for byte, each time.

libsndfile draws a random serial number for every stream, and each Ogg page holds that number and a checksum
over itself. Both are written anew here, by RFC 3533.
"""

import io
import struct
import zlib
from collections.abc import Iterator

import soundfile

from silencio.data.reserve.voice import RATE, Samples

SERIAL, CHECKSUM, SEGMENTS, HEADER = 14, 22, 26, 27
"""Where they lie in a page, and how long its header is without the table of segments."""
OUR_SERIAL = 1

REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def encode(samples: Samples) -> bytes:
    """The file of some samples [samples] within ±1."""
    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", RATE, 1, format="OGG", subtype="VORBIS") as file:
        # libvorbis takes what it is given onto the stack: a minute at once overflows it on some systems.
        for start in range(0, len(samples), RATE):
            file.write(samples[start : start + RATE])
    return settle(buffer.getvalue())


def settle(file: bytes) -> bytes:
    """The same stream under our serial number."""
    settled = bytearray(file)
    for start, end in pages(file):
        struct.pack_into("<I", settled, start + SERIAL, OUR_SERIAL)
        struct.pack_into("<I", settled, start + CHECKSUM, 0)
        struct.pack_into("<I", settled, start + CHECKSUM, checksum(settled[start:end]))
    return bytes(settled)


def pages(file: bytes) -> Iterator[tuple[int, int]]:
    """Where each page starts and ends."""
    start = 0
    while start < len(file):
        table = start + HEADER
        segments = file[start + SEGMENTS]
        end = table + segments + sum(file[table : table + segments])
        yield start, end
        start = end


def checksum(page: bytes | bytearray) -> int:
    """Ogg's CRC-32, which is zlib's with every bit order reversed and without its inversions.

    So zlib computes it, a hundred times as fast as a loop could.
    """
    mirrored = zlib.crc32(page.translate(REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
