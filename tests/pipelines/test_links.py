"""What a run left behind, each with the place where it can be opened."""

from pathlib import Path

import pytest

from pipelines.links import Link, links
from pipelines.step import State, Step
from silencio.handover import Handover, Kind, seal
from silencio.registry.journal import Delivered, Outbox
from silencio.workspace import Workspace


def handed_over(workspace: Workspace, kind: Kind, name: str, **facts: str) -> Handover:
    folder = workspace / f"{kind.value}/abc"
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"the {kind.noun}")
    return seal(folder, kind, facts)


def given(handover: Handover, tmp_path: Path) -> Path:
    """Its receipt, as a step leaves it."""
    path = tmp_path / f"{handover.kind.noun}-receipt"
    handover.receipt().write(path)
    return path


def found(workspace: Workspace, *steps: Step) -> dict[str, str]:
    return {link.what: link.target for link in links(steps, workspace)}


def test_a_handover_is_linked_and_what_is_worth_opening_in_it(workspace: Workspace, tmp_path: Path) -> None:
    report = handed_over(workspace, Kind.REPORT, "report.html")
    step = Step("evaluate", State.DONE, artifacts={"report": given(report, tmp_path)})
    assert found(workspace, step) == {
        "report": str(report.folder),
        "report, report.html": str(report / "report.html"),
    }


def test_a_page_is_linked_unless_it_is_a_copy_of_what_was_handed_over(
    workspace: Workspace, tmp_path: Path
) -> None:
    report = handed_over(workspace, Kind.REPORT, "report.html")
    contents = {"page": "the report", "notes": "of its own", "metrics": ""}
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    artifacts = {"report": given(report, tmp_path)} | {name: tmp_path / name for name in contents}
    step = Step("evaluate", State.DONE, artifacts=artifacts)
    assert set(found(workspace, step)) == {"report", "report, report.html", "evaluate, notes"}


def test_what_several_steps_gave_is_listed_once(workspace: Workspace, tmp_path: Path) -> None:
    receipt = given(handed_over(workspace, Kind.CATALOG, "species.csv"), tmp_path)
    steps = [Step(name, State.CACHED, artifacts={"catalog": receipt}) for name in ("ingest", "again")]
    assert list(found(workspace, *steps)) == ["catalog"]


@pytest.mark.parametrize(
    ("home", "page"),
    [
        ("here", "http://127.0.0.1:5000/#/experiments/4/runs/abc"),
        ("https%3A%2F%2Fmlflow.example.org", "https://mlflow.example.org/#/experiments/4/runs/abc"),
    ],
)
def test_a_training_leads_to_its_run(workspace: Workspace, tmp_path: Path, home: str, page: str) -> None:
    journal = Outbox(workspace / "mlflow/outbox" / home).journal("key")
    journal.folder.mkdir(parents=True)
    journal.mark(Delivered(0, "abc", "4"))
    checkpoint = handed_over(workspace, Kind.CHECKPOINT, "weights", run="key")
    step = Step("retrain", State.DONE, artifacts={"checkpoint": given(checkpoint, tmp_path)})
    told = found(workspace, step)
    assert told["MLflow run"] == page
    assert ("MLflow" in told) == (home == "here"), "only a file needs a server to be started"


def test_a_service_the_drift_page_and_the_log_are_linked(workspace: Workspace, tmp_path: Path) -> None:
    page = workspace / "reports/drift" / "report.html"
    page.write_text("drift")
    said = {"Output": "http://127.0.0.1:4321", "verdict": "pass"}
    step = Step("deploy-staging", State.DONE, said=said, log=tmp_path / "steps.log")
    told = links([step], workspace, tmp_path / "command.log")
    assert {link.what: link.target for link in told} == {
        "deploy-staging": "http://127.0.0.1:4321",
        "drift": str(page),
        "log of the steps": str(tmp_path / "steps.log"),
        "log": str(tmp_path / "command.log"),
    }


def test_a_terminal_opens_files_and_addresses_and_no_commands(tmp_path: Path) -> None:
    assert Link("a", str(tmp_path / "a b.html")).address == f"file://{tmp_path}/a%20b.html"
    assert Link("b", "http://127.0.0.1:1/").address == "http://127.0.0.1:1/"
    assert Link("c", "mlflow ui").address is None


def test_a_run_that_did_not_begin_left_nothing(workspace: Workspace) -> None:
    assert links([], workspace) == []
