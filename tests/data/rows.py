"""Rows as an ingest hands them to the split, in few words."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl

SCHEMA = {
    "id": pl.String(),
    "digest": pl.String(),
    "labelled": pl.String(),
    "primary_label": pl.String(),
    "secondary_labels": pl.List(pl.String()),
    "recordist": pl.String(),
    "source": pl.String(),
    "fold": pl.Int32(),
    "recorded_at": pl.Datetime("us"),
    "origin": pl.String(),
}
DAY = datetime(2019, 5, 22, 6)


def row(id: str, label: str | None = "frog", recordist: str | None = "Ana", **columns: Any) -> dict[str, Any]:
    standard = {"labelled": "whole", "secondary_labels": [], "origin": "release", "digest": f"digest of {id}"}
    return {"id": id, "primary_label": label, "recordist": recordist} | standard | columns


def site(id: str, name: str, **columns: Any) -> dict[str, Any]:
    return row(id, None, name, labelled="timed", **columns)


def table(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA)


def column(dealt: pl.DataFrame, name: str) -> dict[str, Any]:
    return dict(dealt.select("id", name).iter_rows())


def crowd(recordists: int, each: int, labels: Sequence[str] = ("frog",)) -> list[dict[str, Any]]:
    """Recordings one after the other, a day apart, of the species in turn."""
    return [
        row(f"{p}-{n}", labels[n % len(labels)], f"P{p}", recorded_at=DAY + timedelta(days=p * each + n))
        for p in range(recordists)
        for n in range(each)
    ]
