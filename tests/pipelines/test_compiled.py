"""What a Kubeflow cluster is given."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from components.image import IMAGE
from pipelines.compiled import NAMES, WATCHING, Compiled, compiled
from pipelines.platform.cluster import settings
from pipelines.shape import shape, steps
from silencio.errors import WrongUse
from tests.conftest import silencio

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module", params=NAMES)
def pipeline(request: pytest.FixtureRequest) -> Compiled:
    return compiled(request.param)


def test_a_pipeline_has_the_shape_that_was_agreed_on(pipeline: Compiled) -> None:
    """Steps, order, conditions, inputs and outputs with types, resources, attempts, times, caching."""
    agreed = DATA / f"{pipeline.name}.txt"
    assert shape(pipeline.documents) == agreed.read_text(), (
        f"If that is what you want: silencio pipeline show {pipeline.name} > tests/pipelines/data/{agreed.name}, "
        "with no SILENCIO_… in the environment, and look at what changed there."
    )


def test_the_same_pipeline_compiles_to_the_same_digest(tmp_path: Path) -> None:
    path, here = tmp_path / "training.yaml", compiled()
    done = silencio("pipeline", "compile", "-o", str(path), workspace=tmp_path)
    assert done.returncode == 0, done.stderr
    there = Compiled(here.name, path.read_text())
    assert (there.digest, there.version) == (here.digest, here.version)


def test_every_step_runs_in_the_one_image_and_installs_nothing(pipeline: Compiled) -> None:
    executors = pipeline.documents[0]["deploymentSpec"]["executors"]
    assert executors
    for executor in executors.values():
        assert executor["container"]["image"] == IMAGE
        assert "pip install" not in str(executor["container"]["command"])


def test_components_are_known_without_the_number_of_their_task() -> None:
    found = {step.name: step for step in steps(compiled().documents[0])}
    assert {found[name].component for name in ("refuse", "refuse-2", "refuse-3")} == {"refuse"}
    gates = [found[name].given["gate"] for name in ("refuse", "refuse-2", "refuse-3")]
    assert gates == ["the load test on staging", "the integration test", "offline evaluation"]
    assert found["evaluate"].outputs["page"] == "system.HTML"


def test_watching_trains_as_a_training_does() -> None:
    trains = [(step.component, step.outputs, step.given) for step in steps(compiled().documents[0])]
    watches = [(step.component, step.outputs, step.given) for step in steps(compiled(WATCHING).documents[0])]
    assert [step[0] for step in watches if step not in trains] == ["watch"]
    assert [step for step in trains if step not in watches] == []


def test_a_pipeline_that_does_not_exist_is_named() -> None:
    with pytest.raises(
        WrongUse,
        match=r"There is no pipeline demo\. There are continuous-training, watching, promotion\.",
    ):
        compiled("demo")


@pytest.fixture(scope="module")
def at_a_site(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The training pipeline's manifests, compiled where everything is set that can be."""
    path = tmp_path_factory.mktemp("site") / "manifests" / "training.yaml"
    done = silencio(
        *("pipeline", "compile", "-o", str(path), "--manifest", "--namespace", "birds"),
        workspace=path.parents[1],
        SILENCIO_IMAGE="registry.example/steps@sha256:1",
        SILENCIO_MLFLOW_URI="http://mlflow:5000",
        SILENCIO_RAY_ADDRESS="ray://head:10001",
        SILENCIO_KUBEFLOW_VOLUME="reserve",
        SILENCIO_KUBEFLOW_MOUNTED_AT="/reserve",
        SILENCIO_KUBEFLOW_PULL="Always",
        SILENCIO_KUBEFLOW_PULL_SECRET="registry",
        SILENCIO_KUBEFLOW_MLFLOW_SECRET="mlflow-login",
        SILENCIO_KUBEFLOW_STORAGE_SECRET="artifacts",
        SILENCIO_KUBEFLOW_STORAGE_ENDPOINT="http://minio:9000",
        SILENCIO_KUBEFLOW_NOTIFY_SECRET="chat",
        SILENCIO_KUBEFLOW_TRAINING_AT_ONCE="3",
        SILENCIO_KUBEFLOW_TRAINING_GPUS="1",
        SILENCIO_KUBEFLOW_TRAINING_MEMORY="32Gi",
    )
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(path.read_text()))


def test_a_manifest_is_what_kubernetes_takes(at_a_site: list[dict[str, Any]]) -> None:
    kinds = [(m["kind"], m["apiVersion"], m["metadata"]["namespace"]) for m in at_a_site]
    assert kinds == [
        ("Pipeline", "pipelines.kubeflow.org/v2beta1", "birds"),
        ("PipelineVersion", "pipelines.kubeflow.org/v2beta1", "birds"),
    ]
    assert at_a_site[1]["spec"]["pipelineName"] == at_a_site[0]["metadata"]["name"]


def test_every_step_finds_what_the_site_names(at_a_site: list[dict[str, Any]]) -> None:
    spec = at_a_site[1]["spec"]
    places = spec["platformSpec"]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    executors = spec["pipelineSpec"]["deploymentSpec"]["executors"]
    assert set(places) == set(executors)
    for name, place in places.items():
        container = executors[name]["container"]
        assert container["image"] == "registry.example/steps@sha256:1"
        assert place["imagePullPolicy"] == "Always"
        assert [secret["secretName"] for secret in place["imagePullSecret"]] == ["registry"]
        assert [(v["constant"], v["mountPath"]) for v in place["pvcMount"]] == [("reserve", "/reserve")]
        assert {variable["name"]: variable["value"] for variable in container["env"]} == {
            "SILENCIO_MLFLOW_URI": "http://mlflow:5000",
            "SILENCIO_RAY_ADDRESS": "ray://head:10001",
            "MLFLOW_S3_ENDPOINT_URL": "http://minio:9000",
        }
        assert {
            (secret["secretName"], key["secretKey"]): key["envVar"]
            for secret in place["secretAsEnv"]
            for key in secret["keyToEnv"]
        } == {
            ("mlflow-login", "username"): "MLFLOW_TRACKING_USERNAME",
            ("mlflow-login", "password"): "MLFLOW_TRACKING_PASSWORD",
            ("artifacts", "access-key-id"): "AWS_ACCESS_KEY_ID",
            ("artifacts", "secret-access-key"): "AWS_SECRET_ACCESS_KEY",
        } | ({("chat", "url"): "SILENCIO_NOTIFY_URL"} if name == "exec-notify" else {})


def test_as_many_members_train_at_once_as_the_site_says(at_a_site: list[dict[str, Any]]) -> None:
    assert "for each of members.Output, at most 3 at once" in shape(
        [at_a_site[1]["spec"]["pipelineSpec"], at_a_site[1]["spec"]["platformSpec"]]
    )


def test_only_steps_that_learn_take_a_gpu(at_a_site: list[dict[str, Any]]) -> None:
    executors = at_a_site[1]["spec"]["pipelineSpec"]["deploymentSpec"]["executors"]
    asked = {name: executor["container"]["resources"] for name, executor in executors.items()}
    learning = {name for name, resources in asked.items() if "accelerator" in resources}
    assert learning == {"exec-retrain", "exec-ensemble"}, "the second for further rounds of an ensemble"
    assert asked["exec-retrain"]["resourceMemoryLimit"] == "32Gi"


@pytest.mark.parametrize(
    ("name", "value"), [("PULL", "Sometimes"), ("TRAINING_MEMORY", "much"), ("TIMEOUT", "0")]
)
def test_a_setting_that_cannot_be_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"SILENCIO_KUBEFLOW_{name}", value)
    with pytest.raises(WrongUse, match=f"SILENCIO_KUBEFLOW_{name} is '{value}'"):
        settings()
