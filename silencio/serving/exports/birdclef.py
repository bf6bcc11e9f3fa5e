"""BirdCLEF's submission form: one row a window, one column a species.

row_id,antshr1,frogli1
soundscape_17_5,0.912,0.004
"""

from silencio.serving.exports.cells import line
from silencio.serving.findings import Findings

DECIMALS = 6


def text(findings: Findings, header: bool = True) -> str:
    """`row_id` is the recording's name and the second at which a window ends, as the competition has it: also of the
    last one, whose sound may end before."""
    length = findings.heard.served.bundle.front_end.window_seconds
    head = [line(["row_id", *(species.code for species in findings.species)])] if header else []
    rows = [
        line([f"{findings.name}_{start + length:g}", *(f"{p:.{DECIMALS}f}" for p in row)])
        for start, row in zip(findings.heard.starts.tolist(), findings.probabilities.tolist(), strict=True)
    ]
    return "".join([*head, *rows])
