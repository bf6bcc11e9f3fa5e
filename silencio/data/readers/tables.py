"""Tables as people write them: a cell that makes no sense is left empty and told of, a missing column is refused."""

import ast
import logging
import math
from pathlib import Path

import polars as pl

from silencio.errors import WrongUse

log = logging.getLogger(__name__)

YES, NO = ("true", "1", "yes"), ("false", "0", "no")


def read_table(path: Path, columns: tuple[str, ...], optional: tuple[str, ...] = ()) -> pl.DataFrame:
    """These columns as text, without blanks around it and null where it is empty, and the optional ones there are."""
    try:
        # A row of too many cells, or letters of another encoding, must not cost the other rows.
        table = pl.read_csv(path, infer_schema=False, truncate_ragged_lines=True, encoding="utf8-lossy")
    except pl.exceptions.PolarsError as error:
        raise WrongUse(f"{path} is no table ({error}).", "Take the table as its data set has it.") from error
    if missing := [column for column in columns if column not in table.columns]:
        raise WrongUse(
            f"{path} has no column {', '.join(missing)}; it has {', '.join(table.columns)}.",
            "Take the table as its data set has it.",
        )
    chosen = [*columns, *(column for column in optional if column in table.columns)]
    stripped = pl.col(chosen).str.strip_chars()
    return table.select(pl.when(stripped != "").then(stripped).name.keep())


def number(name: str, low: float = -math.inf, high: float = math.inf) -> pl.Expr:
    """A column's finite numbers within these bounds; null elsewhere."""
    value = pl.col(name).cast(pl.Float64, strict=False)
    return pl.when(value.is_finite() & value.is_between(low, high)).then(value).alias(name)


def rating(name: str) -> pl.Expr:
    """Xeno-canto's stars; 0 is how the releases write that nobody gave any."""
    return number(name, 0.5, 5)


def truth(name: str) -> pl.Expr:
    said = pl.col(name).str.to_lowercase()
    return pl.when(said.is_in(YES)).then(True).when(said.is_in(NO)).then(False).alias(name)


def lists(column: pl.Series) -> pl.Series:
    """Each cell's list of texts: `"['a', 'b']"` is how the releases write one, `"['']"` how they write an empty one.

    A cell that is no list is read as an empty one, and how many there were is logged.
    """
    read = [_list(text) for text in column]
    if broken := sum(one is None for one in read):
        log.warning("%d cells of %s are no lists: they are read as empty ones", broken, column.name)
    return pl.Series(column.name, [one or [] for one in read], pl.List(pl.String))


def _list(text: str | None) -> list[str] | None:
    try:
        read = ast.literal_eval(text or "[]")
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return sorted({str(one) for one in read if one}) if isinstance(read, list) else None
