"""What `silencio train` says in the end."""

import logging
from typing import TYPE_CHECKING

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
    best = f"{facts['best_epoch']} of {facts['epochs']}"
    if facts["validation_map"] is not None:
        best += f", validation mAP {facts['validation_map']:.3f}"
    pace = f"{facts['windows_per_second']:.0f} windows/s, {facts['wait_share']:.0%} of it waiting for data"
    runs = Runs(house.site, house.workspace)
    rows = [
        ("checkpoint", str(checkpoint.folder)),
        ("best epoch", best),
        ("took", f"{facts['seconds']:.0f} s, {pace}"),
        *_run(runs, facts["run"]),
    ]
    curves = curves_of(house.workspace, facts["run"])
    rows += [("curves", str(curves))] if curves.exists() else []
    return rows + ([("log", str(logged))] if (logged := kept()) else [])


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
