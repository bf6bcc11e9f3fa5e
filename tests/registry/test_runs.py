"""On SQLite in a workspace, which goes the same way as a server."""

from contextlib import suppress
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import RunStatus

from silencio.errors import SilencioError
from silencio.registry.delivery import PARENT
from silencio.registry.described import KEY, flatten
from silencio.registry.journal import Delivered
from silencio.registry.runs import Runs, tracking_uri
from silencio.settings import Site
from silencio.training.tracker import Described
from silencio.workspace import Workspace
from tests.registry.bundles import Shelf

DESCRIBED = Described("small", {"training": {"epochs": 2}}, {"windows": "d" * 64})


@pytest.fixture
def runs(emptied_mlflow: Workspace) -> Runs:
    return Runs(Site(), emptied_mlflow)


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    return str(request.node.name)


def values(client: MlflowClient, run_id: str | None, name: str) -> list[float]:
    return [metric.value for metric in client.get_metric_history(run_id, name)]


def test_what_is_delivered_twice_is_there_once(runs: Runs, key: str, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("code")
    with runs.open(key, DESCRIBED) as run:
        run.figures({"loss": 0.5}, step=1)
        run.figures({"loss": float("nan")}, step=2)
        run.keep(tmp_path / "labels.csv")
    before = runs.client.get_run(run.run_id)

    run.journal.mark(Delivered())
    runs.deliver()

    after = runs.client.get_run(run.run_id)
    assert run.journal.delivered.run_id == before.info.run_id, "found again by its key"
    assert len(values(runs.client, run.run_id, "loss")) == 2
    assert (after.data.params, after.data.tags) == (before.data.params, before.data.tags)
    assert after.inputs.dataset_inputs == before.inputs.dataset_inputs
    assert [f.path for f in runs.client.list_artifacts(run.run_id, "checkpoint")] == ["checkpoint/labels.csv"]


def test_a_training_that_goes_on_draws_on_in_its_run(runs: Runs, key: str) -> None:
    with suppress(KeyboardInterrupt), runs.open(key, DESCRIBED) as first:
        first.figures({"loss": 0.5}, step=1)
        raise KeyboardInterrupt
    assert runs.client.get_run(first.run_id).info.status == "KILLED"

    with Runs(Site(), Workspace(runs.delivery.outbox.folder.parents[2])).open(key, DESCRIBED) as second:
        second.figures({"loss": 0.5}, step=1)
        second.figures({"loss": 0.4}, step=2)

    assert second.run_id == first.run_id
    assert values(runs.client, second.run_id, "loss") == [0.5, 0.4]


def test_what_a_later_step_found_out_is_added_to_the_run_once(runs: Runs, key: str, tmp_path: Path) -> None:
    with runs.open(key, DESCRIBED) as run:
        run.figures({"loss": 0.5}, step=1)
    (tmp_path / "variants.json").write_text("{}")
    for _ in range(2):
        runs.add(key, {"optimize/size_mb": 2.5}, [tmp_path / "variants.json"], "variants")
    assert sum(1 for _ in (run.journal.folder / "files").glob("*/variants.json")) <= 1

    runs.deliver()

    assert values(runs.client, run.run_id, "optimize/size_mb") == [2.5]
    assert [f.path for f in runs.client.list_artifacts(run.run_id, "variants")] == ["variants/variants.json"]
    assert runs.client.get_run(run.run_id).info.status == "FINISHED"


def test_what_is_said_of_a_run_that_is_not_kept_here_is_not_lost_in_silence(
    runs: Runs, caplog: pytest.LogCaptureFixture
) -> None:
    runs.add("somebody else's", {"optimize/size_mb": 2.5}, [], "variants")
    assert "was not kept in this workspace" in caplog.text


def test_one_that_breaks_says_so(runs: Runs, key: str) -> None:
    with pytest.raises(ZeroDivisionError), runs.open(key, DESCRIBED) as run:
        raise ZeroDivisionError
    assert runs.client.get_run(run.run_id).info.status == "FAILED"


def test_settings_that_changed_since_a_kill_keep_their_first_value(runs: Runs, key: str) -> None:
    with runs.open(key, DESCRIBED):
        pass
    with runs.open(key, Described("small", {"training": {"epochs": 3}, "serving": {"port": 1}})) as run:
        pass

    parameters = runs.client.get_run(run.run_id).data.params
    assert (parameters["training.epochs"], parameters["serving.port"]) == ("2", "1")


def test_parts_are_delivered_below_their_whole(runs: Runs, key: str) -> None:
    with runs.group(key, "the whole", DESCRIBED) as whole:
        with runs.open(f"{key} 1", DESCRIBED, within=whole.key):
            pass
        with runs.inside(whole.key)(f"{key} 2", DESCRIBED):
            pass

    found = runs.client.search_runs(
        [whole.journal.delivered.experiment_id], f"tags.`{PARENT}` = '{whole.run_id}'"
    )
    assert {run.data.tags[KEY] for run in found} == {f"{key} 1", f"{key} 2"}
    assert {run.info.status for run in found} == {RunStatus.to_string(RunStatus.FINISHED)}


def test_in_a_pipeline_a_training_is_a_part_of_the_platforms_run(
    runs: Runs, key: str, emptied_mlflow: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = runs.client.create_experiment(key)
    pipeline = runs.client.create_run(experiment).info.run_id
    monkeypatch.setenv("MLFLOW_TRACKING_URI", runs.uri)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", experiment)
    monkeypatch.setenv("MLFLOW_RUN_ID", pipeline)

    with Runs(Site(), emptied_mlflow).open(key, DESCRIBED) as run:
        pass

    joined = runs.client.get_run(run.run_id)
    assert (joined.info.experiment_id, joined.data.tags[PARENT]) == (experiment, pipeline)
    assert runs.client.get_run(pipeline).info.status == "RUNNING", "the platform ends its own run"


def test_the_platforms_run_is_of_no_use_on_another_server(
    runs: Runs, key: str, emptied_mlflow: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow.kubeflow:5000")
    monkeypatch.setenv("MLFLOW_RUN_ID", "0" * 32)

    with Runs(Site(mlflow_uri=runs.uri), emptied_mlflow).open(key, DESCRIBED) as run:
        pass

    assert PARENT not in runs.client.get_run(run.run_id).data.tags
    assert tracking_uri(Site(), emptied_mlflow) == "http://mlflow.kubeflow:5000"


def test_a_run_that_a_person_deleted_takes_nothing_more_and_holds_up_no_other(runs: Runs, key: str) -> None:
    with runs.open(key, DESCRIBED) as run:
        assert run.run_id
        runs.client.delete_run(run.run_id)
        run.figures({"loss": 0.5}, step=1)
    assert run.journal.waiting == 0


def test_a_password_in_an_address_is_never_shown(workspace: Workspace) -> None:
    runs = Runs(Site(mlflow_uri="http://ana:secret@mlflow:5000"), workspace)
    assert runs.shown == "http://mlflow:5000"
    assert "secret" not in str(runs.delivery.outbox.folder)


def test_what_waits_for_another_server_is_known_by_its_address(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    away = Runs(Site(mlflow_uri="http://127.0.0.1:9"), workspace, patience=0.1)
    with away.open("key", DESCRIBED):
        pass
    assert Runs(Site(), workspace).others_waiting() == ["http://127.0.0.1:9"]


def test_a_bundle_whose_run_nobody_knows_is_not_registered(shelf: Shelf) -> None:
    bundle = shelf.bundle()
    bundle.handover.facts["run"] = "elsewhere"  # type: ignore[index]
    with pytest.raises(SilencioError, match="does not know the run elsewhere"):
        shelf.registry.register(bundle)


def test_nested_settings_become_flat_parameters() -> None:
    assert flatten({"a": {"b": 1, "c": {"d": 2}}, "e": [3]}) == {"a.b": 1, "a.c.d": 2, "e": [3]}
