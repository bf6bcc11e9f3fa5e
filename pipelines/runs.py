"""The pipelines, from a house to their outcome."""

import json
from typing import TYPE_CHECKING

from pipelines.continuous_training import continuous_training
from pipelines.local import run
from pipelines.promotion import promotion
from pipelines.step import REFUSING, Follow, Step
from pipelines.watching import watching
from silencio.errors import GateRefused, SilencioError
from silencio.handover import Kind
from silencio.registry.stages import Stage
from silencio.steps import build
from silencio.steps.house import House
from silencio.steps.release import waiting
from silencio.workspace import Workspace

if TYPE_CHECKING:
    from silencio.registry.versions import Version

REGISTERS, WATCHES, NOTIFIES = "register", "watch", "notify"
"""The component that says under which number it registered what came out, the one that says whether to train at all,
and the one that only tells of the others."""


def run_training(house: House, follow: Follow, feedback: bool = True, fresh: bool = False) -> "Version":
    """The version that came out, on staging or wherever it has gone already. Raises GateRefused where a gate
    stopped the run."""
    return house.registry.get(train(house, follow, feedback, fresh))


def train(house: House, follow: Follow, feedback: bool = True, fresh: bool = False) -> str:
    """The version's number: no registry is asked, which takes seconds."""
    arguments = {**_where(house), "feedback": feedback}
    return registered(run(continuous_training, arguments, house.workspace, follow, fresh), house.workspace)


def train_if_needed(house: House, follow: Follow, feedback: bool = True, fresh: bool = False) -> str | None:
    """As `train`, if watching finds a reason that nobody trained for yet; None if it does not."""
    arguments = {**_where(house), "feedback": feedback}
    steps = run(watching, arguments, house.workspace, follow, fresh)
    if {step.component for step in steps} <= {WATCHES, NOTIFIES}:
        return None
    return registered(steps, house.workspace)


def registered(steps: list[Step], workspace: Workspace) -> str:
    """The number of the version that these steps came to. Raises GateRefused if a gate said no."""
    if refusing := _refusing(steps):
        raise GateRefused(_sentence(refusing), f"The report below {workspace.root / Kind.REPORT} says why.")
    registering = next((step for step in steps if step.component == REGISTERS), None)
    if registering is None:
        raise SilencioError("The run ended without a version, and no gate said no.", "Read its log.")
    return registering.said["Output"]


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
        last = [step for step in steps if step.component != NOTIFIES][-1]
        raise GateRefused(_sentence(_refusing(steps) or last), remedy)
    return version


def _refusing(steps: list[Step]) -> Step | None:
    return next((step for step in steps if step.component in REFUSING), None)


def _sentence(step: Step) -> str:
    said = step.result.rstrip(".")
    return f"{said[:1].upper()}{said[1:]}." if said else "A gate said no."


def _where(house: House) -> dict[str, str]:
    return {"experiment": house.experiment.to_yaml(), "workspace": str(house.workspace.root)}
