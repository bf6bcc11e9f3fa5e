"""Which windows of a store a model is judged on, and what is true of them."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silencio.data.windows.store import Windows
from silencio.evaluation.truth import FACTS, Truth


@dataclass(frozen=True)
class Judged:
    """The windows of one part, as rows of the store, and their truth."""

    rows: NDArray[np.int64]
    truth: Truth


def judged_on(windows: Windows, part: str) -> Judged:
    """The windows labelled in time, where the part has any; else whole recordings' labels must do.

    A whole recording's label says that the species calls somewhere in it, which need not be this window.
    """
    index = numbered(windows, part)
    return judged(windows, index.filter("strong") if index["strong"].any() else index)


def numbered(windows: Windows, part: str) -> pl.DataFrame:
    """The rows of the index that are of a part, with their numbers in the store as `window`."""
    return windows.index.with_row_index("window").filter(pl.col("part") == part)


def judged(windows: Windows, index: pl.DataFrame) -> Judged:
    """`index` as `numbered`, or some of its rows."""
    insects = [species.code for species in windows.species if species.class_name == "Insecta"]
    heard = pl.concat_list("labels", "secondary").list.unique()
    facts = index.select(
        "recording",
        "start",
        "recorded_at",
        "snr_db",
        callers=heard.list.len().cast(pl.Int32),
        insects=heard.list.eval(pl.element().is_in(insects)).list.any(),
    ).match_to_schema(FACTS)
    rows = index["window"].to_numpy().astype(np.int64)
    targets = (windows.targets()[rows] + windows.targets("secondary")[rows]) > 0
    return Judged(rows, Truth(tuple(s.code for s in windows.species), targets, facts))
