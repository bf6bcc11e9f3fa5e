"""What is made on a cluster is made once, whatever the network does meanwhile."""

from dataclasses import replace

import pytest

from pipelines.compiled import Compiled, compiled
from pipelines.platform.answers import Version
from pipelines.platform.client import EXPERIMENT, Client
from pipelines.platform.running import look, start, stop
from pipelines.platform.uploads import upload
from silencio.errors import SilencioError, WrongUse
from silencio.settings import Kubeflow as Settings
from tests.pipelines.conftest import hurried, reach
from tests.pipelines.kubeflow_server import Kubeflow

UNANSWERED = ["late drop", "late hang", "cut", "overtaken"]
"""What was asked is done, and nobody hears of it."""
UNDONE = ["drop", "hang", "429", "502", "503"]
GIVEN = {"experiment": "name: demo\n", "workspace": "/workspace", "feedback": True}

pytestmark = pytest.mark.usefixtures("soon")


@pytest.fixture(scope="module")
def promotion() -> Compiled:
    return compiled("promotion")


@pytest.fixture
def client(kubeflow: Kubeflow) -> Client:
    return reach(kubeflow)


@pytest.fixture
def version(client: Client, promotion: Compiled) -> Version:
    return upload(client, promotion)


def test_a_version_is_uploaded_once_and_found_again(
    kubeflow: Kubeflow, client: Client, promotion: Compiled
) -> None:
    first = upload(client, promotion)
    assert upload(client, promotion) == first
    assert (first.name, first.spec["pipelineInfo"]["name"]) == (promotion.version, "promotion")
    assert len(kubeflow.pipelines) == len(kubeflow.versions) == 1


def test_another_text_is_another_version_of_the_same_pipeline(
    kubeflow: Kubeflow, client: Client, promotion: Compiled
) -> None:
    upload(client, promotion)
    for number in range(3):  # more than the server lists on one page
        other = replace(promotion, text=f"{promotion.text}# {number}\n")
        assert upload(client, other) == upload(client, other)
    assert len(kubeflow.pipelines) == 1
    assert len(kubeflow.versions) == 4


@pytest.mark.parametrize("kind", UNANSWERED + UNDONE)
def test_an_upload_that_was_not_answered_is_not_doubled(
    kubeflow: Kubeflow, promotion: Compiled, kind: str
) -> None:
    client = hurried(kubeflow, kind)
    kubeflow.fault(kind, "POST /apis/v2beta1/pipelines$")
    kubeflow.fault(kind, "POST /apis/v2beta1/pipelines/upload_version")
    assert upload(client, promotion).name == promotion.version
    assert len(kubeflow.pipelines) == len(kubeflow.versions) == 1


@pytest.mark.parametrize("kind", UNANSWERED + UNDONE)
def test_a_run_whose_creation_was_not_answered_is_not_doubled(
    kubeflow: Kubeflow, version: Version, kind: str
) -> None:
    client = hurried(kubeflow, kind)
    kubeflow.fault(kind, "POST /apis/v2beta1/runs$")
    run = start(client, version, "demo", GIVEN)
    going = [made for made in kubeflow.runs.values() if made["state"] != "CANCELED"]
    assert [made["run_id"] for made in going] == [run.id]
    if kind == "overtaken":
        assert len(kubeflow.runs) == 2


def test_a_server_that_never_answers_leaves_no_doubt_about_what_is_not_known(
    kubeflow: Kubeflow, promotion: Compiled
) -> None:
    client = reach(kubeflow, patience=1)
    version = upload(client, promotion)
    kubeflow.fault("502", "POST /apis/v2beta1/runs$", times=1000)
    with pytest.raises(SilencioError, match="answered 502"):
        start(client, version, "demo", GIVEN)


def test_each_run_that_is_asked_for_is_one_of_its_own(
    kubeflow: Kubeflow, client: Client, version: Version
) -> None:
    assert start(client, version, "demo", GIVEN).name != start(client, version, "demo", GIVEN).name
    assert len(kubeflow.runs) == 2


def test_a_run_is_given_what_was_asked_for(kubeflow: Kubeflow, promotion: Compiled) -> None:
    settings = {"pipeline_root": "s3://reserve/runs", "service_account": "trainer", "namespace": "birds"}
    client = reach(kubeflow, **settings)
    run = start(client, upload(client, promotion), "demo", GIVEN)
    [made] = kubeflow.runs.values()
    [experiment] = kubeflow.experiments.values()
    assert made["display_name"] == run.name
    assert run.name.startswith("demo 20")
    assert made["runtime_config"] == {"parameters": GIVEN, "pipeline_root": "s3://reserve/runs"}
    assert made["service_account"] == "trainer"
    assert (experiment["display_name"], experiment["namespace"]) == (EXPERIMENT, "birds")
    assert made["experiment_id"] == experiment["experiment_id"]


def test_a_run_is_stopped(kubeflow: Kubeflow, client: Client, version: Version) -> None:
    run = start(client, version, "demo", GIVEN)
    kubeflow.fault("cut", "terminate")
    stop(client, run.id)
    assert look(client, run.id).state == "CANCELED"


def test_a_run_that_does_not_exist_is_named(client: Client) -> None:
    with pytest.raises(WrongUse, match=r"knows no such thing: .*run-7 not found\. Kubeflow's page lists"):
        look(client, "run-7")


def test_a_page_is_where_people_look(kubeflow: Kubeflow) -> None:
    assert reach(kubeflow).page("run-1") == f"{kubeflow.address}/#/runs/details/run-1"
    elsewhere = reach(kubeflow, page="https://k.example.org/pipeline/")
    assert elsewhere.page("run-1") == "https://k.example.org/pipeline/#/runs/details/run-1"


def test_what_somebody_else_made_meanwhile_is_taken(kubeflow: Kubeflow, client: Client) -> None:
    def made_by_another() -> str:
        other = Client(Settings(host=kubeflow.address))
        return other.experiment

    seen = iter([None, made_by_another()])
    found = client.found_or_made(lambda: next(seen), lambda: _experiment(client))
    assert [found] == list(kubeflow.experiments)


def _experiment(client: Client) -> str:
    return str(client.wire.post("/experiments", {"display_name": EXPERIMENT})["experiment_id"])
