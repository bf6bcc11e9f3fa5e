"""The two pipelines, from a house to their outcome."""

import json
from typing import TYPE_CHECKING

from pipelines.continuous_training import continuous_training
from pipelines.local import Follow, run
from pipelines.promotion import promotion
from silencio.errors import GateRefused
from silencio.handover import Kind
from silencio.registry.stages import Stage
from silencio.steps import build
from silencio.steps.house import House
from silencio.steps.release import waiting

if TYPE_CHECKING:
    from silencio.registry.versions import Version


def run_training(house: House, follow: Follow, feedback: bool = True, fresh: bool = False) -> "Version":
    """The version that came out, on staging or wherever it has gone already. Raises GateRefused where a gate
    stopped the run."""
    arguments = {**_where(house), "feedback": feedback}
    steps = run(continuous_training, arguments, house.workspace, follow, fresh)
    version = house.registry.latest()
    # Kubeflow numbers the tasks of one component: the second branch that refuses is `refuse-2`.
    refused = next((step for step in steps if step.name.startswith("refuse")), None)
    if version is None or refused:
        reports = house.workspace.root / Kind.REPORT
        said = refused or steps[-1]
        raise GateRefused(_sentence(said.result), f"The report below {reports} says why.")
    return version


def run_promotion(
    house: House,
    follow: Follow,
    approved_by: str,
    version: "Version | None" = None,
    canary_only: bool = False,
) -> "Version":
    """Raises GateRefused where the canary was rolled back or, unless that is all that is wanted, waits."""
    version = version or waiting(house)
    # The recordings are those of the catalog as it is now: what guides corrected since is no test part.
    recordings = [str(path) for path in build.unseen_recordings(build.ingest(house))]
    arguments = {
        **_where(house),
        "version": version.number,
        "recordings": json.dumps(recordings),
        "approved_by": "" if canary_only else approved_by,
    }
    steps = run(promotion, arguments, house.workspace, follow)
    version = house.registry.get(version.number)
    if version.stage is not (Stage.CANARY if canary_only else Stage.PRODUCTION):
        approve = "Approve it: silencio pipeline promote --approved-by NAME."
        remedy = approve if version.stage is Stage.CANARY else "`silencio registry history` keeps why."
        # The last one only tells how it ended.
        raise GateRefused(_sentence(steps[-2].result), remedy)
    return version


def _sentence(result: str) -> str:
    return f"{result[:1].upper()}{result[1:].rstrip('.')}."


def _where(house: House) -> dict[str, str]:
    return {"experiment": house.experiment.to_yaml(), "workspace": str(house.workspace.root)}
