"""`promote`"""

import pytest

from components.promote import promote
from components.receipts import write_gates
from silencio.evaluation.gates import GateResult
from silencio.registry.stages import Stage
from silencio.registry.versions import Version
from silencio.release.router import Track
from silencio.steps import notice
from tests.components.conftest import RUN, Desk, Workshop, moved

GOOD = GateResult.at_most("error rate", "canary", 0.0, 0.01)


@pytest.mark.parametrize(
    ("approved_by", "stage"),
    [pytest.param("Rosa", Stage.PRODUCTION, marks=pytest.mark.slow), ("", Stage.CANARY)],
)
def test_a_good_canary_goes_to_production_with_a_persons_name_and_waits_without(
    release_desk: Desk, staged: Version, workshop: Workshop, approved_by: str, stage: Stage
) -> None:
    house, gates = release_desk.house, release_desk.artifact("gates")
    write_gates([GOOD], gates)
    moved(house, staged, Stage.CANARY, workshop)
    notice.begin(house, RUN)

    said = promote.python_func(
        **release_desk.noting, version=staged.number, approved_by=approved_by, gates=gates
    )

    assert said == house.registry.get(staged.number).stage == stage
    assert (Track.PRODUCTION in house.tracks.running()) == bool(approved_by)
    told = notice.tell(house, RUN, notice.Ended("SUCCEEDED"))
    assert told.said == (
        f"Version {staged.number} at production, approved by Rosa."
        if approved_by
        else f"Version {staged.number} waits on canary for a person's approval."
    )
