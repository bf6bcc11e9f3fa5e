"""Against a real server with logins: on SQLite, and, among the slow tests, on PostgreSQL."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from mlflow import MlflowClient

from silencio.errors import SilencioError, WrongUse
from silencio.handover import Handover
from silencio.registry import runs as runs_module
from silencio.registry.delivery import PARENT
from silencio.registry.described import KEY
from silencio.registry.record import PromotionRecord
from silencio.registry.runs import Runs
from silencio.registry.stages import Stage
from silencio.registry.versions import Registry, Version
from silencio.release.promote import promote
from silencio.settings import Experiment, Site
from silencio.training.epoch import Epoch
from silencio.training.run import train
from silencio.training.tracker import Described, OpenTracker
from silencio.workspace import Workspace
from tests.conftest import silencio
from tests.mlflow_servers import ADMIN, PASSWORD, MlflowServer, Wire, mlflow_server, postgresql
from tests.registry.bundles import Shelf
from tests.registry.looked import faults, repaired
from tests.registry.mortal import GOOD, go
from tests.registry.racing import at_once
from tests.stores import make_experiment, make_windows
from tests.training.untracked import untracked

EPOCHS = 5
CHECKPOINT = {"model.safetensors", "experiment.yaml", "labels.csv", "history.json", "inputs.json"}


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MlflowServer]:
    folder = tmp_path_factory.mktemp("mlflow-server")
    if request.param == "sqlite":
        with mlflow_server(folder, f"sqlite:///{folder}/mlflow.db") as started:
            yield started
    else:
        with postgresql() as database, mlflow_server(folder, database) as started:
            yield started


@pytest.fixture(autouse=True)
def signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", ADMIN)
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", PASSWORD)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")


@pytest.fixture
def wire(server: MlflowServer) -> Iterator[Wire]:
    wire = Wire(server.port).join()
    yield wire
    wire.cut()


def runs_at(uri: str, workspace: Workspace, patience: float = 60.0) -> Runs:
    return Runs(Site(mlflow_uri=uri), workspace, patience)


def named(name: str) -> Experiment:
    small = make_experiment("model: {architecture: fcnn, hidden: [16]}\n")
    longer = small.training.model_copy(update={"epochs": EPOCHS})
    return small.model_copy(update={"name": name, "training": longer})


def trained(
    folder: Path,
    experiment: Experiment,
    tracker: OpenTracker,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
) -> Handover:
    return train(experiment, make_windows(folder / "windows"), Workspace(folder), tracker, on_epoch)


def epoch(number: int) -> Epoch:
    return Epoch(number, EPOCHS, 1 / number, None, number / 10, 1.0, 100.0, 0.01, 0.1)


def steps(client: MlflowClient, run_id: str, name: str = "loss") -> list[int]:
    """Of all that was drawn of one figure, in the order of steps."""
    return sorted(metric.step for metric in client.get_metric_history(run_id, name))


def kept(client: MlflowClient, run_id: str, place: str) -> set[str]:
    return {file.path.removeprefix(f"{place}/") for file in client.list_artifacts(run_id, place)}


def of_experiment(client: MlflowClient, name: str) -> list[str]:
    experiment = client.get_experiment_by_name(f"silencio-{name}")
    return [run.info.run_id for run in client.search_runs([experiment.experiment_id])]


def assert_complete(client: MlflowClient, run_id: str) -> None:
    run = client.get_run(run_id)
    assert run.info.status == "FINISHED"
    for name in ("loss", "validation_map", "learning_rate", "windows_per_second", "system/cpu_percent"):
        assert steps(client, run_id, name) == list(range(1, EPOCHS + 1)), name
    assert kept(client, run_id, "checkpoint") == CHECKPOINT
    assert len(kept(client, run_id, "plots")) == 1


def test_a_training_tells_a_server_all_that_there_is_to_know(server: MlflowServer, tmp_path: Path) -> None:
    runs = runs_at(server.uri, Workspace(tmp_path))

    checkpoint = trained(tmp_path, named("complete"), runs.open)

    run_id = checkpoint.facts["run_id"]
    assert_complete(runs.client, run_id)
    run = runs.client.get_run(run_id)
    inputs = checkpoint.facts["inputs"]
    assert run.data.params["training.epochs"] == str(EPOCHS)
    assert run.data.params["evaluation.resamples"] == "20", "settings that shape no training stand there too"
    assert (run.data.params["windows"], run.data.params["catalog"]) == (inputs["windows"], "c" * 64)
    assert run.data.tags[KEY] == checkpoint.facts["run"]
    assert run.data.tags["silencio.commit"] == checkpoint.facts["commit"]
    assert {"library.torch", "library.numpy", "library.mlflow", "hardware.processor", "hardware.gpu"} <= set(
        run.data.tags
    )
    heard = {given.dataset.name: given.dataset.digest for given in run.inputs.dataset_inputs}
    assert heard == {"windows": inputs["windows"][:36], "catalog": "c" * 36}


def test_without_a_login_a_training_does_not_begin(
    server: MlflowServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_USERNAME")
    runs = runs_at(server.uri, Workspace(tmp_path))

    with (
        pytest.raises(
            WrongUse, match=r"refuses this login .* Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
        ),
        runs.open("key", Described("refused")),
    ):
        pytest.fail("it began")

    assert runs.delivery.outbox.journals() == [], "nothing is left to be delivered later"


@pytest.mark.slow
def test_a_server_that_is_killed_in_mid_training_gets_everything_once_it_is_back(
    server: MlflowServer, tmp_path: Path
) -> None:
    undisturbed = trained(tmp_path / "undisturbed", named("lost"), untracked)
    runs = runs_at(server.uri, Workspace(tmp_path), patience=1.0)

    def on_epoch(epoch: Epoch) -> None:
        if epoch.number == 2:
            server.kill()

    try:
        checkpoint = trained(tmp_path, named("lost"), runs.open, on_epoch)
        waited = runs.delivery.outbox.journal(checkpoint.facts["run"]).waiting
    finally:
        server.start()
    runs_at(server.uri, Workspace(tmp_path)).deliver()

    assert checkpoint.digest == undisturbed.digest
    assert waited > EPOCHS - 2, "epochs, files and the end"
    assert_complete(runs.client, checkpoint.facts["run_id"])
    assert of_experiment(runs.client, "lost") == [checkpoint.facts["run_id"]]


@pytest.mark.slow
def test_a_server_that_is_down_from_the_start_is_told_by_the_command_that_delivers(
    server: MlflowServer, wire: Wire, tmp_path: Path
) -> None:
    wire.cut()
    runs = runs_at(wire.uri, Workspace(tmp_path), patience=0.5)
    checkpoint = trained(tmp_path, named("down"), runs.open)
    assert checkpoint.facts["run_id"] is None
    assert runs.address_of(checkpoint.facts["run"]) is None
    with pytest.raises(
        SilencioError, match=r"does not answer .* `silencio runs deliver` delivers what waits in"
    ):
        runs.deliver()

    wire.join()
    said = silencio("runs", "deliver", workspace=tmp_path, SILENCIO_MLFLOW_URI=wire.uri)

    assert said.returncode == 0, said.stderr
    (run_id,) = of_experiment(runs.client, "down")
    assert_complete(runs.client, run_id)
    assert runs.id_of(checkpoint.facts["run"], "down") == run_id
    assert (
        runs.address_of(
            checkpoint.facts["run"],
        )
        == f"{wire.uri}/#/experiments/{experiment_of(runs, run_id)}/runs/{run_id}"
    )


def experiment_of(runs: Runs, run_id: str) -> str:
    return str(runs.client.get_run(run_id).info.experiment_id)


def test_a_server_that_stalls_slows_no_epoch(
    server: MlflowServer, wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, took = runs_at(wire.uri, Workspace(tmp_path)), list[float]()
    with runs.open("key", Described("stalls")) as run:
        wire.stall()
        for number in range(1, EPOCHS + 1):
            began = time.perf_counter()
            run.epoch(epoch(number))
            took.append(time.perf_counter() - began)
        wire.flow()

    assert max(took) < 0.5
    assert run.run_id is not None
    assert steps(runs.client, run.run_id) == list(range(1, EPOCHS + 1))


@pytest.mark.slow
def test_a_server_that_stalls_from_the_start_is_waited_for_a_while_and_then_later(
    server: MlflowServer, wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs_module, "FOR_A_FIRST_WORD", 0.5)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "2")
    runs = runs_at(wire.uri, Workspace(tmp_path))
    wire.stall()
    with runs.open("key", Described("stalled")) as run:
        assert run.run_id is None
        run.epoch(epoch(1))
        time.sleep(3)
        wire.flow()

    assert of_experiment(runs.client, "stalled") == [run.run_id], "what was sent twice is there once"
    assert run.run_id is not None
    assert steps(runs.client, run.run_id) == [1]


@pytest.mark.slow
def test_parts_stand_below_their_whole(server: MlflowServer, tmp_path: Path) -> None:
    runs = runs_at(server.uri, Workspace(tmp_path))

    with runs.group("whole", "a search", Described("nested")) as whole:
        with runs.inside(whole.key)("part", Described("nested")) as part:
            part.figures({"map": 0.5}, step=1)
        whole.figures({"best_map": 0.5}, step=1)

    assert runs.client.get_run(part.run_id).data.tags[PARENT] == whole.run_id
    assert runs.client.get_run(whole.run_id).info.run_name == "a search"
    assert steps(runs.client, str(whole.run_id), "best_map") == [1]


def shelf_at(uri: str, folder: Path, name: str, patience: float = 60.0) -> Shelf:
    """One of several workspaces that share a server's registry."""
    workspace, site = Workspace(folder), Site(mlflow_uri=uri)
    record = PromotionRecord.of_experiment(workspace / "records", name)
    return Shelf(Registry(site, workspace, name), record, Runs(site, workspace, patience), folder)


@pytest.mark.slow
def test_of_two_workspaces_that_promote_at_once_one_wins_and_the_other_goes_on_with_its_record(
    server: MlflowServer, tmp_path: Path
) -> None:
    one, other = (shelf_at(server.uri, tmp_path / side, "shared") for side in ("one", "other"))
    other.made = 1
    ours, theirs = one.version()[0], other.version()[0]

    goers = [partial(go, one, ours, Stage.STAGING, "Rosa"), partial(go, other, theirs, Stage.STAGING, "Hugo")]
    said = at_once("threads", goers)

    assert sorted(bool(problem) for problem in said) == [False, True]
    winner, loser = (one, other) if said[1] else (other, one)
    go(loser, theirs if loser is other else ours, Stage.STAGING)
    assert len(loser.record.verify()) == 3, "the first move, its own, and that the first one gave way"
    assert loser.record.content().startswith(winner.record.content())
    assert faults(loser) == []
    assert repaired(winner) == [f"{winner.record.path} ended too early: the registry's copy takes its place."]
    assert winner.record.content() == loser.record.content()


@pytest.mark.slow
@pytest.mark.parametrize("heard", [False, True], ids=["request lost", "answer lost"])
def test_a_connection_that_is_lost_at_any_request_leaves_no_half_promotion(
    server: MlflowServer, wire: Wire, tmp_path: Path, heard: bool
) -> None:
    name = f"dropped-{heard}"
    shelf, straight = shelf_at(wire.uri, tmp_path, name), shelf_at(server.uri, tmp_path, name)
    version, _ = shelf.version()
    requests = 0
    while not moves_over(shelf, straight, version, wire, requests, heard):
        wire.heal()
        repaired(straight)
        assert faults(straight) == [], f"lost after {requests} requests"
        requests += 1
    assert requests > 20


def moves_over(
    shelf: Shelf, straight: Shelf, version: Version, wire: Wire, requests: int, heard: bool
) -> bool:
    """Whether a move is made over a wire that breaks after so many requests."""
    now, bundle = straight.registry.get(version.number), straight.registry.fetch(version)
    to = Stage.ARCHIVED if now.stage is Stage.STAGING else Stage.STAGING
    wire.break_at(requests, heard)
    try:
        promote(shelf.registry, shelf.record, now, to, bundle=bundle, gates=(GOOD,), reason="a test")
    except SilencioError as error:
        lost = "did not answer" in error.problem
        if not lost:
            raise
        return False
    return True


@pytest.mark.slow
def test_a_server_without_the_classic_stages_is_promoted_on_all_the_same(
    server: MlflowServer, wire: Wire, tmp_path: Path
) -> None:
    wire.unknown = b"transition-stage"
    shelf = shelf_at(wire.uri, tmp_path, "no-classics")
    version, _ = shelf.version()
    go(shelf, version, Stage.STAGING)
    now = shelf.registry.get(version.number)
    assert (now.stage, now.classic) == (Stage.STAGING, "None")
    assert shelf.registry.at(Stage.STAGING) == now
    assert faults(shelf) == []


@pytest.mark.slow
def test_a_record_outlives_its_workspace(server: MlflowServer, tmp_path: Path) -> None:
    shelf = shelf_at(server.uri, tmp_path / "lost", "outlives")
    version, _ = shelf.version()
    go(shelf, version, Stage.STAGING)
    content = shelf.record.content()

    elsewhere = shelf_at(server.uri, tmp_path / "new", "outlives")
    repaired(elsewhere)

    assert elsewhere.record.content() == content
    go(elsewhere, version, Stage.CANARY)
    assert faults(elsewhere) == []
