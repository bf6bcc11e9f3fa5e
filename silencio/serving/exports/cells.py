"""Cells that a spreadsheet takes for what they are, and rows of them."""

import csv
import io
from collections.abc import Sequence

FORMULA = ("=", "+", "-", "@")


def line(cells: Sequence[str], delimiter: str = ",") -> str:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator="\n").writerow([plain(cell) for cell in cells])
    return written.getvalue()


def plain(text: str) -> str:
    """In one line, without tabs; an apostrophe before what a spreadsheet would compute."""
    one_line = " ".join(text.split())
    return f"'{one_line}" if one_line.startswith(FORMULA) else one_line
