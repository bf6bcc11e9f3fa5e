"""Which recordings are shown: a few of each species, by different people, the best rated first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from silencio.data.report.material import Material

MANY = 48
"""Samples; with more species than these each gets one, and a small one."""
MOST_EACH = 4
MOST_SPECIES = 420
"""The most recorded ones, where there are more: the page must still open at once."""
LONG = 45.0
"""Seconds: a longer recording is only opened where there is no shorter one."""
SOUNDSCAPES = 8


@dataclass(frozen=True)
class Chosen:
    recording: Mapping[str, Any]
    """A row of the catalog's recordings."""
    label: str | None
    start: float | None = None
    """Seconds at which the species calls; None where nobody said."""


def each(species: int) -> int:
    """How many samples of each of so many species."""
    return max(1, min(MOST_EACH, MANY // max(species, 1)))


def choose(material: Material) -> list[Chosen]:
    """Of every species in the order of their codes, then of unattended recorders through the day."""
    heard = material.heard.drop_nulls("label")
    counts = heard["label"].value_counts().sort(["count", "label"], descending=[True, False])
    labels = counts["label"].head(MOST_SPECIES)
    shown = (
        heard.filter(pl.col("label").is_in(labels.implode()))
        .sort(
            "label",
            pl.col("labelled") != "whole",
            pl.col("duration") > LONG,
            pl.col("quality").fill_null(0).neg(),
            "id",
        )
        .with_columns(turn=pl.int_range(pl.len()).over("label", "group"))
        .sort("label", "turn", maintain_order=True)
        .group_by("label", maintain_order=True)
        .head(each(len(labels)))
    )
    calls = _first_calls(material, shown)
    chosen = [
        Chosen(row, row["label"], calls.get((row["id"], row["label"]))) for row in shown.iter_rows(named=True)
    ]
    return chosen + [
        Chosen(row, None) for row in _through_the_day(material.recordings, 3 if chosen else SOUNDSCAPES)
    ]


def _first_calls(material: Material, shown: pl.DataFrame) -> dict[tuple[str, str], float]:
    """The clearest call of a species in each of the recordings: (recording, species): seconds."""
    calls = material.catalog.annotations.join(
        shown.select(recording="id", label="label"), on=["recording", "label"], how="semi"
    )
    clearest = calls.sort(pl.col("snr_db").fill_null(0).neg(), "start", maintain_order=True)
    return {
        (recording, label): start
        for recording, label, start in clearest.unique(["recording", "label"], keep="first")
        .select("recording", "label", "start")
        .iter_rows()
    }


def _through_the_day(recordings: pl.DataFrame, number: int) -> Iterable[Mapping[str, Any]]:
    unattended = recordings.filter(pl.col("labelled") != "whole").sort(
        pl.col("recorded_at").dt.time(), "id", nulls_last=True
    )
    number = min(number, len(unattended))
    return unattended[[k * len(unattended) // number for k in range(number)]].iter_rows(named=True)
