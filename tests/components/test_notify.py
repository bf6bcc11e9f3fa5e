"""`notify`"""

import json
from pathlib import Path

import pytest
from kfp.dsl import PipelineTaskFinalStatus

from components.notify import notify
from components.working import working
from silencio.errors import SilencioError
from silencio.experiment import read_experiment
from silencio.monitoring.reasons import Reason, Why
from silencio.settings import Site
from silencio.steps import inside, notice
from silencio.steps.house import House
from silencio.workspace import Workspace
from tests.components.conftest import RUN, Desk
from tests.steps.chats import chatting


def status(state: str, error: str | None = None) -> PipelineTaskFinalStatus:
    return PipelineTaskFinalStatus(state, "a-job", "exit-handler-1", 1 if error else None, error)


def notified(desk: Desk, ended: PipelineTaskFinalStatus) -> str:
    summary = desk.artifact("summary")
    notify.python_func(status=ended, **desk.noting, summary=summary)
    return Path(summary.path).read_text()


def test_what_a_run_came_to_is_told_on_the_page_in_a_file_and_to_the_chat(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = desk.house
    notice.begin(house, RUN)
    notice.note(house, RUN, verdicts={"offline evaluation": "pass"}, links={"report": "/r.html"}, version="7")
    notice.note(house, RUN, done="Version 7 passed every gate.")
    with chatting() as chat:
        monkeypatch.setenv("SILENCIO_NOTIFY_URL", chat.address)
        page = notified(desk, status("SUCCEEDED"))

    assert page.startswith("# small: passed\n\nVersion 7 passed every gate.\n")
    assert "| offline evaluation | pass |" in page
    kept = json.loads((house.workspace / "reports/runs" / f"{RUN}.json").read_text())
    assert (kept["outcome"], kept["version"]) == ("passed", "7")
    assert chat.heard == [{"text": "small: passed. Version 7 passed every gate.\nreport: /r.html"}]


def test_the_step_that_broke_and_its_error_are_told(desk: Desk) -> None:
    notice.begin(desk.house, RUN)
    with pytest.raises(SilencioError), working("features", **desk.where):
        raise SilencioError("The disk is full.", "Make room.")
    page = notified(desk, status("FAILED", "Task exit-handler-1 failed."))
    assert "# small: failed\n\nfeatures broke: The disk is full. Make room.\n" in page


def test_a_run_that_failed_before_anything_was_noted_is_told_as_far_as_kubeflow_knows(desk: Desk) -> None:
    (desk.house.workspace / "reports/runs" / f"{RUN}.json").unlink(missing_ok=True)
    page = notified(desk, status("FAILED", "the pod was evicted"))
    assert "exit-handler-1 broke: the pod was evicted" in page


def test_a_message_that_is_lost_fails_no_run(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SILENCIO_NOTIFY_URL", "http://127.0.0.1:9")
    notice.begin(desk.house, RUN)
    assert notified(desk, status("SUCCEEDED")).startswith("# small: passed")


@pytest.mark.parametrize(
    ("state", "refused", "code"), [("SUCCEEDED", "", 0), ("SUCCEEDED", "No.", 1), ("FAILED", "", 3)]
)
def test_how_a_training_ended_that_watching_asked_for_is_remembered(
    workspace: Workspace, tmp_path: Path, state: str, refused: str, code: int
) -> None:
    house = House(read_experiment("name: small\n"), Site(), workspace)
    notice.begin(house, RUN)
    notice.note(house, RUN, refused=refused)
    assert inside.begin(house, [Reason(Why.DATA, "New recordings: 3.", "data 1")], RUN).started
    notified(Desk(house, tmp_path), status(state))
    assert [training.exit_code for training in inside.memory_of(house).trainings()] == [code]
