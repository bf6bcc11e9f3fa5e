"""Read a folder of recordings whose names, or whose folders' names, say what they are.

- digits: AudioMNIST (`01/0_01_0.wav`) and FSDD (`0_george_0.wav`): label, who speaks, a number.
- folders: a folder a class; of its name a recording tells nothing, unless data.pattern says what.
- soundscapes: unlabelled, named after the recorder (or not) and the time: `S4A03895_20190522_001500.wav`.

Recordings may lie at any depth, under names in upper or lower case. A name that does not follow the pattern
leaves `labelled` empty: nobody says what the file is. A taxonomy.csv beside them gives the classes their names.
"""

import re
from pathlib import Path
from typing import Any

import polars as pl

from silencio.data.delivery import Delivery, delivered
from silencio.data.ingest.contents import files_of
from silencio.data.ingest.kinds import is_audio
from silencio.data.moments import stamp
from silencio.data.readers.taxonomy import TAXONOMY, read_species
from silencio.data.species import Species
from silencio.errors import WrongUse
from silencio.settings import Data

PATTERNS = {
    "digits": r"(?P<label>\d)_(?P<recordist>[^_]+)_\d+\.",
    "folders": "",
    "soundscapes": r"(?:(?P<recordist>.+)_)?(?P<time>\d{8}_\d{6})\.",
}
GROUPS = ("label", "fold", "source", "recordist", "time")
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def read(root: Path, data: Data) -> Delivery:
    pattern = _pattern(data)
    paths = [path.relative_to(root) for path in files_of(root) if is_audio(path)]
    if not paths:
        raise WrongUse(f"{root} holds no recordings.", "Name the folder that holds them as data.path.")
    rows = [_row(path, pattern, data.source) for path in paths]
    recordings = delivered(
        pl.DataFrame(rows, schema_overrides={"fold": pl.Int32(), "recorded_at": pl.Datetime("us")})
    )
    return Delivery(recordings, _species(root, recordings, data.source))


def _pattern(data: Data) -> re.Pattern[str]:
    """Of a name from its beginning; what it leaves of its end may be anything."""
    text = PATTERNS[data.source] if data.pattern is None else data.pattern
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise WrongUse(
            f"data.pattern is {text!r}, which is no regular expression ({error}).", "Mend it."
        ) from error
    if unknown := sorted(pattern.groupindex.keys() - set(GROUPS)):
        raise WrongUse(
            f"data.pattern names the group {', '.join(unknown)}.",
            f"The groups that mean something are {', '.join(GROUPS)}; leave others without a name: (…).",
        )
    named = "label" in pattern.groupindex
    if data.source == "digits" and not named:
        raise WrongUse(
            f"data.pattern is {text!r}, which names no group label.",
            "Say where a name holds it: (?P<label>…).",
        )
    if data.source == "soundscapes" and named:
        raise WrongUse(
            "data.pattern names the group label, but soundscapes are unlabelled.",
            "Leave it out, or set data.source to folders.",
        )
    return pattern


def _row(path: Path, pattern: re.Pattern[str], source: str) -> dict[str, Any]:
    """Of DELIVERED, what the name tells; labelled is null where it does not follow the pattern."""
    match = pattern.match(path.name)
    said = {group: text for group, text in match.groupdict().items() if text} if match else {}
    fits = match is not None and said.get("fold", "1").isdecimal()
    folder = path.parent.name or None
    return {
        "path": path.as_posix(),
        "labelled": ("none" if source == "soundscapes" else "whole") if fits else None,
        "primary_label": said.get("label", folder if source == "folders" else None),
        "recordist": said.get("recordist"),
        "source": said.get("source"),
        "fold": int(said["fold"]) if fits and "fold" in said else None,
        "recorded_at": stamp(said.get("time")),
    }


def _species(root: Path, recordings: pl.DataFrame, source: str) -> tuple[Species, ...]:
    if (root / TAXONOMY).exists():
        return read_species(root)
    codes = recordings["primary_label"].drop_nulls().unique().sort()
    names = dict(zip(map(str, range(10)), DIGITS, strict=True)) if source == "digits" else {}
    return tuple(Species(code, names.get(code, code), "", "") for code in codes)
