"""Recordings of a store of windows, as monitoring sees them: what a reference is made of."""

from collections.abc import Callable, Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silencio.audio import Scale
from silencio.data.windows.store import Windows
from silencio.monitoring.heard import Observed
from silencio.monitoring.reference import Reference, reference_of
from silencio.monitoring.spectrum import heights_of

Hears = Callable[[NDArray[np.floating]], NDArray[np.floating]]
"""Windows, [windows, *shape], to probabilities, [windows, classes]."""
HELD_OUT = ("thresholds", "test")
"""The parts that no model learns from and that choose no epoch."""
MOST = 4000
"""Recordings that tell what is usual: more would tell the same, later."""
MOST_WINDOWS = 24
"""Of each."""


def reference_from(windows: Windows, hears: Hears, thresholds: NDArray[np.floating]) -> Reference:
    """`thresholds` are [classes], in the order of the store's species."""
    held_out = list(
        _observed(windows, windows.index.filter(pl.col("part").is_in(HELD_OUT)), hears, thresholds)
    )
    return reference_of(
        list(_observed(windows, windows.index, None, thresholds)), held_out, windows.front_end
    )


def _observed(
    windows: Windows, index: pl.DataFrame, hears: Hears | None, thresholds: NDArray[np.floating]
) -> Iterator[Observed]:
    """One a recording that says when it was made: what does not belongs to no day."""
    codes = [species.code for species in windows.species]
    dated = windows.index.with_row_index("window").join(index.select("recording").unique(), on="recording")
    dated = dated.filter(pl.col("recorded_at").is_not_null()).sort("recording", "start")
    recordings = dated.partition_by("recording", maintain_order=True)
    step = max(1, -(-len(recordings) // MOST))
    for rows in recordings[::step]:
        some = rows.head(MOST_WINDOWS)
        features = windows.features[some["window"].to_numpy()].astype(np.float32)
        scale = _scale(some)
        told = some.row(0, named=True)
        seen = Observed(
            told["recorded_at"], told["recordist"], heights_of(features, scale, windows.front_end)
        )
        if hears is None:
            yield seen
            continue
        said = hears(features).max(axis=0)
        names = (
            some["labels"].explode().drop_nulls().to_list()
            + some["secondary"].explode().drop_nulls().to_list()
        )
        yield observed(seen, said, codes, thresholds, frozenset(names))


def observed(
    seen: Observed,
    said: NDArray[np.floating],
    codes: list[str],
    thresholds: NDArray[np.floating],
    calling: frozenset[str] | None = None,
) -> Observed:
    """With what the model said, [classes], the highest of the windows; `calling` are those that call, if known."""
    right = None if not calling else codes[int(said.argmax())] in calling
    over = frozenset(code for code, p, limit in zip(codes, said, thresholds, strict=True) if p >= limit)
    confidences = {code: float(p) for code, p in zip(codes, said, strict=True)}
    return Observed(seen.at, seen.recorder, seen.heights, confidences, over, right)


def _scale(rows: pl.DataFrame) -> Scale | None:
    offset, scale = rows["offset_db"], rows["scale_db"]
    return None if scale.has_nulls() else Scale(offset.to_numpy(), scale.to_numpy())
