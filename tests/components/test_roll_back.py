"""`roll_back`"""

from components.receipts import write_gates
from components.roll_back import roll_back
from silencio.evaluation.gates import GateResult
from silencio.registry.stages import Stage
from silencio.registry.versions import Version
from silencio.steps import notice
from tests.components.conftest import RUN, Desk, Workshop, moved

BAD = GateResult.at_least("agreement with champion", "canary", 0.2, 0.6)


def test_a_bad_canary_is_archived_and_the_run_is_told_as_refused(
    release_desk: Desk, staged: Version, workshop: Workshop
) -> None:
    house, gates = release_desk.house, release_desk.artifact("gates")
    write_gates([BAD], gates)
    moved(house, staged, Stage.CANARY, workshop)
    notice.begin(house, RUN)

    roll_back.python_func(**release_desk.noting, version=staged.number, gates=gates)

    assert house.registry.get(staged.number).stage is Stage.ARCHIVED
    told = notice.tell(house, RUN, notice.Ended("SUCCEEDED"))
    assert told.outcome == "refused"
    assert "agreement with champion on canary: 0.200 is below 0.600." in told.said
