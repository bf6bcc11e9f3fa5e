"""Which windows of a store a model is judged on, and what is true of them."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silencio.data.windows.store import Windows
from silencio.evaluation.snr import estimated_snr
from silencio.evaluation.truth import FACTS, Truth

Mask = NDArray[np.bool_]
"""[windows, classes]"""
CLASSES = {"birds": "Aves", "frogs": "Amphibia", "mammals": "Mammalia", "insects": "Insecta"}
"""The facts that count callers, and what taxonomies call their classes."""


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
    """`index` as `numbered`, or some of its rows.

    A site is the recorder that made a soundscape, or else where a recordist stood, to a tenth of a degree, which is
    about 11 km: `6.1 -73.4`. What is judged has its signal-to-noise ratios from the labels if those tell that of
    every call, and else from the pictures, so that all of them are on one scale.
    """
    rows = index["window"].to_numpy().astype(np.int64)
    targets = (windows.targets()[rows] + windows.targets("secondary")[rows]) > 0
    trained = windows.index.filter(pl.col("part") == "train")
    recordists = trained["recordist"].drop_nulls().unique()
    place = pl.concat_str(pl.col("latitude", "longitude").round(1).cast(pl.String), separator=" ")
    facts = index.select(
        "recording",
        "start",
        "recorded_at",
        snr_db=_snr(windows, index, rows, targets),
        callers=pl.Series(targets.sum(axis=1)).cast(pl.Int32),
        **_of_classes(windows, targets),
        least_trained=_least_trained(windows, trained, targets),
        new_recordist=~pl.col("recordist").is_in(recordists.implode()),
        short=pl.col("duration") < windows.front_end.window_seconds,
        site=pl.when("strong").then("recordist").otherwise(place),
    ).match_to_schema(FACTS)
    return Judged(rows, Truth(tuple(s.code for s in windows.species), targets, facts))


def _of_classes(windows: Windows, targets: Mask) -> dict[str, pl.Series]:
    """How many callers are of each of CLASSES, [windows] each."""
    names = np.array([species.class_name for species in windows.species])
    return {
        column: pl.Series(targets[:, names == name].sum(axis=1)).cast(pl.Int32)
        for column, name in CLASSES.items()
    }


def _least_trained(windows: Windows, trained: pl.DataFrame, targets: Mask) -> pl.Series:
    """trained: the rows of the index that are trained on -> see FACTS, [windows]."""
    counted = trained.select("recording", label="labels").explode("label").unique()["label"].value_counts()
    recordings = dict(counted.iter_rows())
    of_species = np.array([recordings.get(species.code, 0) for species in windows.species])
    most = of_species.max(initial=0) + 1  # stands for a species that does not call
    least = np.where(targets, of_species, most).min(axis=1, initial=most)
    return pl.select(pl.when(pl.Series(least) < most).then(pl.Series(least)).cast(pl.Int32)).to_series()


def _snr(windows: Windows, index: pl.DataFrame, rows: NDArray[np.int64], targets: Mask) -> pl.Series:
    """Of the loudest call in each window, dB, [windows]; null where nothing calls or nobody knows."""
    told, called = index["snr_db"], np.asarray(targets.any(axis=1))
    if told.filter(called).is_not_null().all():
        return told
    estimates = estimated_snr(windows, rows[called])
    if estimates is None:
        return told
    snr = np.full(len(rows), np.nan)
    snr[called] = estimates
    return pl.Series(snr).fill_nan(None)
