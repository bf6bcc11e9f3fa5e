"""The table that FrogID exports, whatever its columns are spelled like."""

import re
from pathlib import Path

import polars as pl

from silencio.errors import WrongUse

REQUIRED = {
    "id": ("id", "capture_id", "event_id"),
    "address": ("call_audio", "audio_url", "associated_media"),
    "names": ("validated_frog_names", "scientific_name", "species"),
    "duplicate": ("is_duplicate", "duplicate"),
    "inappropriate": ("inappropriate_content", "inappropriate"),
    "good": ("quality_call", "good_quality"),
}
OPTIONAL = {
    "status": ("validated_status",),
    "people": ("has_people_activity", "people_activity"),
    "date": ("capture_time", "captured_at", "event_date"),
    "time": ("event_time",),
    "latitude": ("lat", "latitude", "decimal_latitude"),
    "longitude": ("lng", "lon", "longitude", "decimal_longitude"),
    "recordist": ("user_id", "recorded_by", "device_id"),
}
"""What we call a column: its names, the first that is there counts; case and `_` make no difference."""


def read_export(root: Path) -> pl.DataFrame:
    """Every column of REQUIRED and OPTIONAL as text, null where it is empty or not there; `names` as a list."""
    tables = sorted(p for p in root.glob("*") if p.suffix.lower() == ".csv")
    if len(tables) != 1:
        found = ", ".join(p.name for p in tables) or "none"
        raise WrongUse(f"{root} should hold one CSV; found: {found}.", "Put FrogID's export there, alone.")
    try:
        # A row with too many fields costs itself at most: shifted, it has no address or no legible flag.
        whole = pl.read_csv(tables[0], infer_schema=False, truncate_ragged_lines=True, encoding="utf8-lossy")
    except pl.exceptions.PolarsError as error:
        raise WrongUse(
            f"{tables[0]} is no table ({error}).", "Export it from FrogID again, as CSV."
        ) from error
    there = {_folded(column): column for column in reversed(whole.columns)}
    named = {
        ours: next((there[f] for f in map(_folded, names) if f in there), None)
        for ours, names in (REQUIRED | OPTIONAL).items()
    }
    if missing := [" or ".join(REQUIRED[ours]) for ours in REQUIRED if named[ours] is None]:
        raise WrongUse(
            f"{tables[0]} has no column {'; no column '.join(missing)}. It has {', '.join(whole.columns)}.",
            "Export these columns as well, or rename yours.",
        )
    text = whole.select(
        (pl.col(column).str.strip_chars() if column else pl.lit(None, pl.String)).alias(ours)
        for ours, column in named.items()
    )
    return text.with_columns(pl.when(pl.all() != "").then(pl.all())).with_columns(_names())


def _folded(column: str) -> str:
    return re.sub(r"[^a-z0-9]", "", column.lower())


def _names() -> pl.Expr:
    """`['Crinia signifera', 'Litoria fallax']`, or the same without brackets, quotes or its case."""
    name = pl.element().str.replace_all(r"\s+", " ").str.strip_chars().str.to_lowercase()
    spelled = name.str.slice(0, 1).str.to_uppercase() + name.str.slice(1)
    parts = pl.col("names").str.extract_all(r"""[^\[\]{}"',;|]+""").list.eval(spelled.filter(name != ""))
    return parts.list.unique().list.sort()
