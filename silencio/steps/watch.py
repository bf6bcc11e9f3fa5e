"""Whether the loop should turn once more."""

from silencio.steps import build
from silencio.steps.house import House


def reasons(house: House) -> list[str]:
    """Why to train again; empty if the champion learned all that there is."""
    from silencio.monitoring.triggers import reasons_to_retrain
    from silencio.registry.stages import Stage

    version = house.registry.at(Stage.PRODUCTION)
    facts = house.registry.fetch(version).facts if version else None
    return reasons_to_retrain(build.ingest(house), facts)
