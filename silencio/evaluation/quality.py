"""Whether the data can judge at all: gates on the catalog and its windows, before any model is heard.

No clock is asked: how fresh a training is, the recordings' own dates say.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import polars as pl

from silencio.data.catalog import Catalog
from silencio.data.split.leaks import heard_before
from silencio.data.windows.store import Windows
from silencio.evaluation.gates import GateResult
from silencio.settings.judging import Quality

DATA = "data"
"""Stands where other gates name a slice."""


def quality(catalog: Catalog, windows: Windows, settings: Quality) -> tuple[GateResult, ...]:
    """A gate for each bar that is set; what the data do not say is inconclusive."""
    return tuple(_gates(catalog, windows, settings))


def _gates(catalog: Catalog, windows: Windows, settings: Quality) -> Iterator[GateResult]:
    # Who is trained on and who judges, the windows say: a catalog may have been dealt anew since.
    parts = windows.index.select(id="recording", part="part").unique()
    dealt = catalog.recordings.drop("part").join(parts, on="id").sort("id", "part")
    if settings.leaks is not None:
        yield _leaks(dealt, catalog, settings.leaks)
    if settings.quarantined is not None:
        yield _quarantined(catalog, settings.quarantined)
    if settings.judged_species is not None:
        yield _judged_species(windows, settings.judged_species)
    if settings.newest_days is not None:
        yield _newest_days(dealt, catalog, settings.newest_days)


def _leaks(dealt: pl.DataFrame, catalog: Catalog, bar: int) -> GateResult:
    tested = dealt.filter(part="test")["id"].n_unique()
    if not tested:
        return GateResult.inconclusive("leaks", DATA, float(bar), "No recording judges.")
    leaked = sorted(heard_before(dealt, catalog.duplicates))
    named = f": {leaked[0]}{', …' if len(leaked) > 1 else ''}" if leaked else ""
    reason = (
        f"{len(leaked) or 'None'} of the {tested} recordings that judge can be known from training{named}."
    )
    return replace(GateResult.at_most("leaks", DATA, float(len(leaked)), float(bar)), reason=reason)


def _quarantined(catalog: Catalog, bar: float) -> GateResult:
    left_out = len(catalog.quarantine)
    delivered = left_out + len(catalog.recordings)
    if not delivered:
        return GateResult.inconclusive("quarantined", DATA, bar, "There are no recordings.")
    reason = f"{left_out} of {delivered} recordings could not be used; at most {bar:.1%} may be left out."
    return replace(GateResult.at_most("quarantined", DATA, left_out / delivered, bar), reason=reason)


def _judged_species(windows: Windows, bar: float) -> GateResult:
    tested = windows.index.filter(part="test")
    if tested.is_empty():
        return GateResult.inconclusive("judged species", DATA, bar, "No recording judges.")
    heard = tested.select(pl.concat_list("labels", "secondary").explode().drop_nulls().n_unique()).item()
    species = len(windows.species)
    reason = f"{heard} of {species} species call in what judges; at least {bar:.1%} must."
    return replace(GateResult.at_least("judged species", DATA, heard / species, bar), reason=reason)


def _newest_days(dealt: pl.DataFrame, catalog: Catalog, bar: float) -> GateResult:
    trained = dealt.filter(part="train")["recorded_at"].max()
    newest = catalog.recordings["recorded_at"].max()
    if not isinstance(trained, datetime) or not isinstance(newest, datetime):
        reason = "Nobody says when what is trained on was recorded."
        return GateResult.inconclusive("freshness", DATA, bar, reason)
    days = (newest - trained).total_seconds() / 86_400
    reason = f"The newest recording that is trained on is {days:.1f} days older than the newest there is."
    return replace(GateResult.at_most("freshness", DATA, days, bar), reason=reason)
