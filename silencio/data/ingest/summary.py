"""The figures that a person wants to see of a catalog."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from silencio.data.catalog import Catalog


def summary(catalog: Catalog, left_out: Mapping[str, int]) -> dict[str, Any]:
    """A recording is undated where nobody says when it was made."""
    recordings = catalog.recordings
    latest = recordings["recorded_at"].max()
    undated = recordings.filter(pl.col("recorded_at").is_null())
    return {
        "recordings": len(recordings),
        "species": len(catalog.species),
        "hours": round(float(recordings["duration"].sum()) / 3600, 3),
        **dict(sorted(recordings["origin"].value_counts().iter_rows())),
        "quarantined": len(catalog.quarantine),
        "quarantined_because": dict(Counter(catalog.quarantine["reason"])),
        "left_out": sum(left_out.values()),
        "left_out_because": dict(Counter(left_out)),
        "undated": len(undated),
        "undated_by_collection": dict(Counter(undated["collection"].fill_null("unknown"))),
        "duplicates": len(catalog.duplicates),
        "latest": latest.isoformat() if isinstance(latest, datetime) else None,
    }
