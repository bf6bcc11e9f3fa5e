"""Pictures with a palette, written as PNG by nothing but zlib."""

import struct
import zlib
from base64 import b64encode

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
LEVELS = 28
"""Enough for the eye; more would only be noise that a reader waits for."""
STOPS = (
    (8, 8, 20),
    (45, 35, 82),
    (54, 83, 148),
    (46, 139, 165),
    (70, 186, 170),
    (158, 221, 189),
    (236, 248, 236),
)
"""From night over water to mist: lightness rises evenly, so colour-blind eyes and printers see the same."""


def png(picture: NDArray[np.floating]) -> bytes:
    """Of values from 0 to 1, [rows, columns], the first row on top; NaN is left transparent."""
    levels = 1 + np.clip(np.nan_to_num(picture) * (LEVELS - 1), 0, LEVELS - 1).round().astype(np.uint8)
    pixels = np.where(np.isnan(picture), 0, levels).astype(np.uint8)
    rows, columns = pixels.shape
    lines = np.hstack([np.zeros((rows, 1), np.uint8), pixels])  # each with its filter, which is none
    return (
        SIGNATURE
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0))
        + _chunk(b"PLTE", _palette().tobytes())
        + _chunk(b"tRNS", b"\0")
        + _chunk(b"IDAT", zlib.compress(lines.tobytes(), 9))
        + _chunk(b"IEND", b"")
    )


def address(picture: NDArray[np.floating]) -> str:
    """The picture itself, as the address that an <img> takes."""
    return f"data:image/png;base64,{b64encode(png(picture)).decode()}"


def _palette() -> NDArray[np.uint8]:
    """[1 + LEVELS, 3]; the first is what is transparent."""
    places = np.linspace(0, len(STOPS) - 1, LEVELS)
    colours = np.stack(
        [np.interp(places, range(len(STOPS)), channel) for channel in np.array(STOPS).T], axis=1
    )
    return np.vstack([np.zeros((1, 3)), colours]).round().astype(np.uint8)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
