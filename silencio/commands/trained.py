"""What `silencio train` says in the end."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from silencio.errors import SilencioError
from silencio.logs import kept

if TYPE_CHECKING:
    from silencio.handover import Handover
    from silencio.registry.runs import Runs
    from silencio.steps.house import House

log = logging.getLogger(__name__)


def where_it_lies(checkpoint: "Handover", house: "House") -> list[tuple[str, str]]:
    """Line by line: the checkpoint, what it came to, its run, its curves, and the log."""
    from silencio.registry.runs import Runs
    from silencio.training.run import curves_of

    facts = checkpoint.facts
    runs = Runs(house.site, house.workspace)
    came_to = _members(facts) if "members" in facts else _epochs(facts)
    rows = [("checkpoint", str(checkpoint.folder)), *came_to, *_run(runs, facts["run"])]
    curves = curves_of(house.workspace, facts["run"])
    rows += [("curves", str(curves))] if curves.exists() else []
    return rows + ([("log", str(logged))] if (logged := kept()) else [])


def _epochs(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    best = f"{facts['best_epoch']} of {facts['epochs']}{_validated(facts)}"
    pace = f"{facts['windows_per_second']:.0f} windows/s, {facts['wait_share']:.0%} of it waiting for data"
    return [("best epoch", best), ("took", f"{facts['seconds']:.0f} s, {pace}")]


def _members(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Of an ensemble: what each weighs, and all of them together."""
    each = [
        ("member", f"{m['architecture']}, weight {m['weight']:.3f}{_validated(m)}") for m in facts["members"]
    ]
    return [*each, ("together", f"{len(each)} models{_validated(facts)}")]


def _validated(facts: Mapping[str, Any]) -> str:
    reached = facts["validation_map"]
    return "" if reached is None else f", validation mAP {reached:.3f}"


def _run(runs: "Runs", key: str) -> list[tuple[str, str]]:
    try:
        # What an earlier command could not deliver.
        runs.deliver()
    except SilencioError as error:
        log.warning("%s", error)
    address = runs.address_of(key)
    if address is None:
        return [("run", f"not on {runs.shown} yet")]
    opened = [] if runs.is_served else [("to open it", f"mlflow ui --backend-store-uri {runs.uri}")]
    return [("run", address), *opened]
