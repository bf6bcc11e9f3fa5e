"""`withdraw`"""

from components.receipts import write_gates
from components.withdraw import withdraw
from silencio.evaluation.gates import GateResult
from silencio.registry.stages import Stage
from silencio.registry.versions import Version
from tests.components.conftest import Desk, Workshop, moved

SLOW = GateResult.at_most("p95 ms", "8 users", 900.0, 300.0)


def test_a_version_that_did_not_bear_staging_is_archived_with_the_reason(
    release_desk: Desk, staged: Version
) -> None:
    gates = release_desk.artifact("gates")
    write_gates([SLOW], gates)

    withdraw.python_func(**release_desk.where, version=staged.number, gates=gates)

    assert release_desk.house.registry.get(staged.number).stage is Stage.ARCHIVED
    last = release_desk.house.record.verify()[-1].move
    assert (last["stage"], last["decision"]) == ("archived", "fail")
    assert last["reason"] == "p95 ms on 8 users: 900.000 is above 300.000."


def test_one_that_has_gone_further_meanwhile_is_left_alone(
    release_desk: Desk, staged: Version, workshop: Workshop
) -> None:
    gates = release_desk.artifact("gates")
    write_gates([SLOW], gates)
    moved(release_desk.house, staged, Stage.CANARY, workshop)

    withdraw.python_func(**release_desk.where, version=staged.number, gates=gates)

    assert release_desk.house.registry.get(staged.number).stage is Stage.CANARY
