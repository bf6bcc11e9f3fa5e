"""What was heard in a recording, as lines of a file."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from silencio.serving.exports import birdclef


@dataclass(frozen=True)
class Windows:
    starts: NDArray[np.float64]
    """Seconds into the recording, [windows]"""
    ends: NDArray[np.float64]
    """The same, where a window ends, also if the recording ended before, [windows]"""
    probabilities: NDArray[np.float32]
    """[windows, classes]"""


@dataclass(frozen=True)
class Table:
    header: Callable[[Sequence[str]], str]
    """Of the species' codes."""
    lines: Callable[[str, Sequence[str], Windows], str]
    """Of a recording's name, the species' codes, and what was heard."""


def birdclef_rows(name: str, codes: Sequence[str], windows: Windows) -> str:
    return birdclef.rows(name, windows.ends, windows.probabilities)


def json_line(name: str, codes: Sequence[str], windows: Windows) -> str:
    """One object a recording."""
    rows = np.round(windows.probabilities.astype(np.float64), birdclef.DECIMALS).tolist()
    spans = zip(windows.starts.tolist(), windows.ends.tolist(), rows, strict=True)
    said = [
        {"start": s, "end": e, "probabilities": dict(zip(codes, row, strict=True))} for s, e, row in spans
    ]
    return json.dumps({"recording": name, "windows": said}, ensure_ascii=False) + "\n"


TABLES: Mapping[str, Table] = {
    "csv": Table(birdclef.header_of, birdclef_rows),
    "json": Table(lambda codes: "", json_line),
}
