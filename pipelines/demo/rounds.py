"""The demo's rounds: what trains, what is promoted, and which two versions are to be compared."""

from dataclasses import dataclass
from datetime import datetime

from pipelines.runs import run_promotion, run_training
from pipelines.screen import following
from silencio.errors import GateRefused
from silencio.registry.stages import Stage
from silencio.registry.versions import Version
from silencio.steps.house import House
from silencio.steps.watch import Outlook, training_here


@dataclass(frozen=True)
class Promoted:
    """A version that went into production, and when."""

    version: Version
    at: datetime


def in_production(house: House) -> list[Promoted]:
    """All that ever were, the latest last; one that came back counts by its last move."""
    moves = {
        entry.move["version"]: entry.at
        for entry in house.record.verify()
        if entry.move["stage"] == Stage.PRODUCTION.value
    }
    found = [Promoted(house.registry.get(n), datetime.fromisoformat(at)) for n, at in moves.items()]
    return sorted(found, key=lambda one: one.at)


def first_round(house: House, approved_by: str) -> None:
    """From the release alone to production."""
    with following("1  From recordings to a version on staging") as follow:
        version = run_training(house, follow, feedback=False)
    print()
    if version.stage is not Stage.PRODUCTION:
        with following("2  Canary, approval, production") as follow:
            run_promotion(house, follow, approved_by, version)


def second_round(house: House, outlook: Outlook, approved_by: str) -> GateRefused | None:
    """Train for the reasons that watching found, unless that was done for them before, and promote what came of it.

    Returns why a gate said no; None if none did.
    """
    command = ("silencio", "pipeline", "run", house.experiment.name)
    try:
        with training_here(house, outlook, command) as action:
            print(f"  {action.said}\n")
            if action.started:
                with following(
                    "7  The second round: it begins with the champion, and hears the guide"
                ) as follow:
                    run_training(house, follow)
                print()
        # A demo that was killed after its training finds the version where it was left.
        if version := house.registry.at(Stage.CANARY) or house.registry.at(Stage.STAGING):
            with following("8  Canary, approval, production") as follow:
                run_promotion(house, follow, approved_by, version)
    except GateRefused as refusal:
        return refusal
    return None
