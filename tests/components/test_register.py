"""`register`"""

from components.receipts import write_gates
from components.register import register
from silencio.evaluation.gates import GateResult
from silencio.registry.stages import Stage
from silencio.steps import notice
from tests.components.conftest import RUN, Desk, Workshop

TESTED = GateResult.at_most("skew", "service", 0.0, 1e-4)


def test_a_bundle_is_registered_once_and_stands_on_staging_on_all_its_gates(
    release_desk: Desk, workshop: Workshop
) -> None:
    house, gates = release_desk.house, release_desk.artifact("gates")
    write_gates([TESTED], gates)
    notice.begin(house, RUN)
    given = {
        "bundle": release_desk.holding(workshop.bundle),
        "image": release_desk.holding(workshop.image),
        "gates": gates,
    }

    number = register.python_func(**release_desk.noting, **given)
    assert register.python_func(**release_desk.noting, **given) == number

    [version] = house.registry.versions()
    assert (version.number, version.stage) == (number, Stage.STAGING)
    [entry] = house.record.verify()
    judged = [GateResult.from_json(gate) for gate in entry.move["gates"]]
    assert judged[-1] == TESTED
    assert [gate.to_json() for gate in judged[:-1]] == workshop.bundle.facts["gates"]
    told = notice.tell(house, RUN, notice.Ended("SUCCEEDED"))
    assert told.version == number
    assert told.links["report"].endswith("report/report.html")
