"""`refuse`"""

import pytest

from components.receipts import write_gates
from components.refuse import refuse
from silencio.evaluation.gates import GateResult
from silencio.steps import notice
from tests.components.conftest import RUN, Desk

WEAK = GateResult.at_least("map", "night", 0.3, 0.5)


def test_a_refusal_says_which_gate_on_what_grounds_and_where_to_look(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    gates = desk.artifact("gates")
    write_gates([WEAK], gates)
    gates.metadata["page"] = "/reports/report.html"
    notice.begin(desk.house, RUN)

    refuse.python_func(**desk.noting, gate="offline evaluation", verdict="fail", gates=gates)

    said = "offline evaluation said fail: map on night: 0.300 is below 0.500."
    assert capsys.readouterr().out == f"result stopped: {said}\n"
    told = notice.tell(desk.house, RUN, notice.Ended("SUCCEEDED"))
    assert (told.outcome, told.said) == ("refused", said)
    assert told.verdicts == {"offline evaluation": "fail"}
    assert told.links == {"report": "/reports/report.html"}
