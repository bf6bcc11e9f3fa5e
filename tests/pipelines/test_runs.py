"""What a run of the training pipeline came to, as its steps say it."""

import pytest

from pipelines.runs import registered
from pipelines.step import State, Step
from silencio.errors import GateRefused, SilencioError
from silencio.workspace import Workspace

NOTIFY = Step("notify", State.DONE, result="told 2 people")


def test_a_run_that_passed_names_the_version_that_it_registered(workspace: Workspace) -> None:
    steps = [Step("optimize", State.CACHED), Step("register", State.DONE, said={"Output": "3"}), NOTIFY]
    assert registered(steps, workspace) == "3"


@pytest.mark.parametrize("name", ["refuse", "refuse-2"])
def test_a_gate_that_said_no_is_no_success_whatever_came_after(workspace: Workspace, name: str) -> None:
    refusing = Step(name, State.DONE, result="stopped: offline evaluation said fail")
    with pytest.raises(
        GateRefused, match=r"^Stopped: offline evaluation said fail\. The report below .*reports"
    ):
        registered([refusing, NOTIFY], workspace)


def test_a_run_that_ended_without_either_is_a_fault(workspace: Workspace) -> None:
    with pytest.raises(SilencioError, match="without a version") as found:
        registered([NOTIFY], workspace)
    assert not isinstance(found.value, GateRefused)
