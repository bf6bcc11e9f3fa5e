"""Log-mel pictures in place of sound: somebody else computed them, so their shape and values are looked at first.

[windows, mels, frames] in decibels, as `silencio.audio.LogMel` defines them, or on the scale of the front end,
[windows, *its shape].
"""

import io
import math
from collections.abc import Sequence
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from silencio.serving.engine.heard import Prepared, Served
from silencio.serving.problems import Problem
from silencio.serving.wish import Scale

MAGIC = b"\x93NUMPY"
KINDS = ("<f2", "<f4")
FURTHEST = 1_000.0
"""No log-mel value is further from 0, in decibels or standardized."""
LONGEST_HEADER = 512
UNREADABLE = (ValueError, SyntaxError, TypeError, RecursionError, MemoryError, TokenError)
"""All that numpy raises on a header, which it reads as Python's own literals."""


def from_npy(content: bytes) -> NDArray[np.float32]:
    """[windows, …]. The header is read, never run: no object is ever unpickled, and no size is believed."""
    stream = io.BytesIO(content)
    try:
        version = npy.read_magic(stream)
        if version != (1, 0):
            raise ValueError(f"it is of version {version[0]}.{version[1]}")
        shape, by_columns, kind = npy.read_array_header_1_0(stream, max_header_size=LONGEST_HEADER)
    except UNREADABLE as error:
        raise _no_picture(f"The .npy header cannot be read: {' '.join(str(error).split())[:120]}") from error
    if kind.str not in KINDS or by_columns or len(shape) not in (2, 3, 4):
        raise _no_picture(f"The .npy file holds {kind.str} of shape {list(shape)[:8]}")
    body = memoryview(content)[stream.tell() :]
    if math.prod(shape) * kind.itemsize != len(body):
        raise _no_picture(f"The .npy header claims a shape of {list(shape)}, which {len(body)} bytes are not")
    return np.frombuffer(body, kind).reshape(shape).astype(np.float32)


def from_lists(mel: Any) -> NDArray[np.float32]:
    """[windows, …], of lists within lists."""
    try:
        values = np.array(mel, dtype=np.float32)
    except (ValueError, TypeError, OverflowError) as error:
        raise _no_picture("`mel` is not numbers in lists of equal length") from error
    return values


def prepared(pictures: NDArray[np.float32], scale: Scale, served: Served, max_seconds: float) -> Prepared:
    """What the engine takes, of pictures that could be of this front end."""
    front_end = served.bundle.front_end
    if front_end.features not in ("log_mel", "image"):
        raise Problem(
            422,
            f"This model hears {front_end.features}, no log-mel pictures.",
            "Send it the recording itself.",
        )
    each = (front_end.n_mels, front_end.frames) if scale == "decibels" else front_end.shape
    if pictures.shape[1:] != each or not len(pictures):
        raise _no_picture(f"The pictures have the shape {_shape(pictures.shape)}", each)
    hop, length = front_end.hop_seconds, front_end.window_seconds
    seconds = (len(pictures) - 1) * hop + length
    if seconds > max(max_seconds, length):
        raise Problem(
            422, f"The pictures are of {seconds:g} s, longer than {max_seconds:g} s.", "Send fewer at once."
        )
    if not (np.abs(pictures) <= FURTHEST).all():  # nor is NaN
        raise Problem(
            422, "The pictures hold values that no sound has.", f"They lie within ±{FURTHEST:g}; send others."
        )
    features = served.features.of_decibels(pictures) if scale == "decibels" else pictures
    return Prepared(seconds, np.arange(len(pictures), dtype=np.float64) * hop, features, served)


def _no_picture(found: str, each: Sequence[int] | None = None) -> Problem:
    shape = _shape(("windows", *(each or ("mels", "frames"))))
    return Problem(
        422, f"{found}.", f"Send {shape}: JSON lists, or .npy of float16 or float32, never pickled."
    )


def _shape(shape: Sequence[object]) -> str:
    return f"[{', '.join(map(str, shape))}]"
