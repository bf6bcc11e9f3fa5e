"""When Xeno-canto's recordings were made: `xeno_canto.csv` or `xeno_canto.json` beside a release.

Either holds what Xeno-canto's API says of a recording, of which id, date and time are read. The JSON may be an
answer of the API, a list of answers (one a page), or a list of recordings.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from silencio.data.moments import moment
from silencio.data.readers.tables import read_table
from silencio.errors import WrongUse

TOLD = ("id", "date", "time")
SCHEMA = pl.Schema({"xeno_canto": pl.String(), "recorded_there": pl.Datetime("us")})


def recorded_on_xeno_canto(root: Path) -> pl.DataFrame | None:
    """SCHEMA, a row a catalogue number ("694038"); None where no such table lies in `root`."""
    as_csv, as_json = root / "xeno_canto.csv", root / "xeno_canto.json"
    if as_csv.exists():
        told = read_table(as_csv, TOLD).iter_rows()
    elif as_json.exists():
        told = _recordings(as_json)
    else:
        return None
    rows = [(str(number).upper().removeprefix("XC"), moment(date, time)) for number, date, time in told]
    return pl.DataFrame(rows, SCHEMA, orient="row").unique("xeno_canto", keep="first", maintain_order=True)


def _recordings(path: Path) -> Iterator[tuple[str | None, ...]]:
    try:
        content = json.loads(path.read_text())
    except ValueError as error:
        raise WrongUse(f"{path} is not JSON ({error}).", "Take it as Xeno-canto's API answers.") from error
    for found in _flat(content):
        if isinstance(found, dict) and "id" in found:
            yield tuple(None if found.get(key) is None else str(found[key]) for key in TOLD)


def _flat(content: Any) -> Iterator[Any]:
    if isinstance(content, dict) and "recordings" in content:
        content = content["recordings"]
    if isinstance(content, list):
        for one in content:
            yield from _flat(one)
    else:
        yield content
