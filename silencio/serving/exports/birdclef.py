"""BirdCLEF's submission form: one row a window, one column a species.

row_id,antshr1,frogli1
soundscape_17_5,0.912,0.004
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from silencio.serving.exports.cells import line
from silencio.serving.findings import Findings

DECIMALS = 6


def text(findings: Findings, header: bool = True) -> str:
    ends = findings.heard.starts + findings.heard.served.bundle.front_end.window_seconds
    head = header_of([species.code for species in findings.species]) if header else ""
    return head + rows(findings.name, ends, findings.probabilities)


def header_of(codes: Sequence[str]) -> str:
    return line(["row_id", *codes])


def rows(name: str, ends: NDArray[np.float64], probabilities: NDArray[np.float32]) -> str:
    """`row_id` is the recording's name and the second at which a window ends, as the competition has it: also of the
    last one, whose sound may end before. `ends` is [windows], `probabilities` [windows, species]."""
    return "".join(
        line([f"{name}_{end:g}", *(f"{p:.{DECIMALS}f}" for p in row)])
        for end, row in zip(ends.tolist(), probabilities.tolist(), strict=True)
    )
