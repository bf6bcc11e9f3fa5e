"""A run on a cluster as it is seen from here, and what it came to."""

import pytest

from pipelines.compiled import Compiled, compiled
from pipelines.platform import following
from pipelines.platform.answers import Run
from pipelines.platform.client import Client
from pipelines.platform.following import Verdict, follow, outcome, spec_of
from pipelines.platform.running import start
from pipelines.platform.uploads import upload
from pipelines.shape import Spec
from pipelines.step import State, Step
from silencio.errors import SilencioError
from tests.pipelines.conftest import hurried, reach
from tests.pipelines.kubeflow_server import Kubeflow, Script

pytestmark = pytest.mark.usefixtures("soon")
REFUSED = ("survey", "ingest", "evaluate", "refuse-3")


@pytest.fixture(scope="module")
def training() -> Compiled:
    return compiled()


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "SHORTEST", 0.01)
    monkeypatch.setattr(following, "LONGEST", 0.05)


def begun(client: Client, training: Compiled) -> tuple[Run, Spec]:
    run = start(client, upload(client, training), "demo", {"experiment": "", "workspace": "/w"})
    return run, spec_of(client, run)


def nobody(steps: list[Step]) -> None:
    """Follows nothing."""


def test_a_run_that_had_no_reason_to_train_says_so(kubeflow: Kubeflow) -> None:
    kubeflow.script = Script(("watch", "notify"))
    client = reach(kubeflow)
    run, spec = begun(client, compiled("watching"))
    ended = outcome(follow(client, run, spec, nobody), spec)
    assert (ended.verdict, ended.said) == (Verdict.PASSED, "Nothing was trained: the champion stays.")


def test_steps_are_seen_as_they_come(kubeflow: Kubeflow, training: Compiled) -> None:
    """Without what drives them, and with what was found done before."""
    client = reach(kubeflow)
    run, spec = begun(client, training)
    seen: list[list[tuple[str, State]]] = []
    ended = follow(client, run, spec, lambda steps: seen.append([(s.name, s.state) for s in steps]))
    assert seen[0] == []
    assert seen[1] == [("survey", State.RUNNING)]
    assert seen[2] == [("survey", State.DONE), ("ingest", State.RUNNING)]
    assert seen[-1] == [
        ("survey", State.DONE),
        ("ingest", State.CACHED),
        ("retrain", State.DONE),
        ("evaluate", State.DONE),
        ("optimize", State.DONE),
        ("deploy-staging", State.DONE),
    ]
    assert outcome(ended, spec).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("script", "verdict", "said"),
    [
        (Script(), Verdict.PASSED, "Every gate was passed."),
        (Script(REFUSED), Verdict.REFUSED, "A gate said no: offline evaluation."),
        (
            Script(REFUSED, run="FAILED", last="FAILED", error="exit code 1"),
            Verdict.REFUSED,
            "A gate said no: offline evaluation.",
        ),
        (
            Script(("survey", "retrain"), run="FAILED", last="FAILED", error="OOMKilled (exit code 137)"),
            Verdict.BROKE,
            "retrain broke: OOMKilled (exit code 137).",
        ),
        (Script(("survey", "retrain"), run="FAILED"), Verdict.BROKE, "The run broke."),
        (Script(("survey",), run="CANCELED"), Verdict.BROKE, "The run was stopped before its end."),
    ],
    ids=["passed", "refused", "refused by failing", "a step broke", "Kubeflow broke", "stopped"],
)
def test_what_a_run_came_to(
    kubeflow: Kubeflow, training: Compiled, script: Script, verdict: Verdict, said: str
) -> None:
    kubeflow.script = script
    client = reach(kubeflow)
    run, spec = begun(client, training)
    found = outcome(follow(client, run, spec, nobody), spec)
    assert (found.verdict, found.said) == (verdict, said)


@pytest.mark.parametrize("kind", ["drop", "cut", "hang", "503"])
def test_a_connection_that_is_lost_meanwhile_is_found_again(
    kubeflow: Kubeflow, training: Compiled, kind: str
) -> None:
    client = hurried(kubeflow, kind)
    run, spec = begun(client, training)
    kubeflow.fault(kind, f"GET .*/runs/{run.id}", times=2)
    assert follow(client, run, spec, nobody).state == "SUCCEEDED"


def test_a_run_that_takes_long_is_left_to_itself(kubeflow: Kubeflow, training: Compiled) -> None:
    kubeflow.script = Script(looks=1000)
    client = reach(kubeflow)
    run, spec = begun(client, training)
    with pytest.raises(
        SilencioError, match=rf"still running after 1 s\. .*silencio pipeline follow {run.id}\.$"
    ):
        follow(client, run, spec, nobody, timeout=1)
    assert kubeflow.runs[run.id]["state"] == "RUNNING"


def test_a_state_that_is_newer_than_we_are_is_waited_through(kubeflow: Kubeflow, training: Compiled) -> None:
    client = reach(kubeflow)
    run, spec = begun(client, training)
    newer = Run(**{**vars(run), "state": "PREPARING"})
    assert follow(client, newer, spec, nobody).state == "SUCCEEDED"


def test_a_run_that_brought_its_own_pipeline_is_followed_too(training: Compiled) -> None:
    spec = training.documents[0]
    both = {"pipeline_spec": spec, "platform_spec": training.documents[1]}
    for written in (spec, both):
        assert Run.read({"run_id": "1", "pipeline_spec": written}).spec == spec
