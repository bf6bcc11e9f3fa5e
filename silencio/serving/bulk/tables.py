"""What was heard in a recording, as lines of a file."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DECIMALS = 6


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


def birdclef_header(codes: Sequence[str]) -> str:
    return _csv([["row_id", *codes]])


def birdclef_lines(name: str, codes: Sequence[str], windows: Windows) -> str:
    """As BirdCLEF wants them: the name and the second at which the window ends, and a column a species."""
    return _csv(
        [f"{name}_{end:g}", *(f"{p:.{DECIMALS}f}" for p in row)]
        for end, row in zip(windows.ends.tolist(), windows.probabilities.tolist(), strict=True)
    )


def json_line(name: str, codes: Sequence[str], windows: Windows) -> str:
    """One object a recording."""
    rows = np.round(windows.probabilities.astype(np.float64), DECIMALS).tolist()
    spans = zip(windows.starts.tolist(), windows.ends.tolist(), rows, strict=True)
    said = [
        {"start": s, "end": e, "probabilities": dict(zip(codes, row, strict=True))} for s, e, row in spans
    ]
    return json.dumps({"recording": name, "windows": said}, ensure_ascii=False) + "\n"


TABLES: Mapping[str, Table] = {
    "csv": Table(birdclef_header, birdclef_lines),
    "json": Table(lambda codes: "", json_line),
}


def _csv(rows: Iterable[Sequence[str]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()
