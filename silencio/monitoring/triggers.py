"""Whether to train again, and why."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from silencio.data.catalog import Catalog
from silencio.handover import Handover


def reasons_to_retrain(catalog: Handover, champion: Mapping[str, Any] | None) -> list[str]:
    """Each reason in a sentence; none if the champion has learned all that there is.

    `champion` is the facts of the bundle in production, None if there is none.
    """
    if champion is None:
        return ["There is no champion yet."]
    if champion["catalog"] == catalog.digest:
        return []
    recordings = Catalog.open(catalog).recordings
    corrections = len(recordings.filter(pl.col("origin") == "feedback"))
    reasons = [f"The catalog is {catalog.digest[:12]}, the champion learned from {champion['catalog'][:12]}."]
    if corrections:
        reasons.append(f"Recordings in it that guides corrected: {corrections}.")
    return reasons
