"""The tracking server: one, guarded, and on options that the pinned MLflow knows."""

import pytest

from .manifests import Manifest, Render, containers, of_kind


@pytest.fixture
def server(render: Render) -> Manifest:
    (stateful_set,) = of_kind(render("shared"), "StatefulSet")
    (container,) = containers(stateful_set)
    return container


@pytest.fixture
def settings(server: Manifest, render: Render) -> dict[str, str]:
    name = server["envFrom"][0]["configMapRef"]["name"]
    (config_map,) = [m for m in of_kind(render("shared"), "ConfigMap") if m["metadata"]["name"] == name]
    data: dict[str, str] = config_map["data"]
    return data


def test_its_image_and_its_command_are_of_the_mlflow_we_build_on(server: Manifest) -> None:
    mlflow = pytest.importorskip("mlflow", reason="mlflow is missing: pip install -e '.[train]'")
    from mlflow.cli import server as command

    assert server["image"] == f"ghcr.io/mlflow/mlflow:v{mlflow.__version__}-full"
    assert server["command"][:2] == ["mlflow", "server"]
    parsed = command.make_context("server", server["command"][2:])
    assert parsed.params["backend_store_uri"] == "sqlite:////mlflow/mlflow.db"
    assert parsed.params["artifacts_destination"] == "/mlflow/artifacts"
    assert parsed.params["serve_artifacts"] is True


def test_every_setting_is_one_that_mlflow_reads(settings: dict[str, str]) -> None:
    pytest.importorskip("mlflow", reason="mlflow is missing: pip install -e '.[train]'")
    from mlflow import environment_variables as known

    assert [name for name in settings if not hasattr(known, name)] == []


def test_it_answers_to_its_own_names_and_to_no_others(settings: dict[str, str]) -> None:
    hosts = settings["MLFLOW_SERVER_ALLOWED_HOSTS"].split(",")

    assert "mlflow.silencio.svc.cluster.local:5000" in hosts
    assert not any("*" in host for host in hosts)


def test_it_unpickles_nothing_and_runs_no_jobs(settings: dict[str, str]) -> None:
    assert settings["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] == "false"
    assert settings["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"


def test_its_passwords_come_from_a_secret_that_is_not_here(server: Manifest, render: Render) -> None:
    assert "--app-name=basic-auth" in server["command"]
    secret = {
        variable["name"]: variable["valueFrom"]["secretKeyRef"]["name"]
        for variable in server["env"]
        if "valueFrom" in variable
    }
    assert secret == {"MLFLOW_AUTH_ADMIN_PASSWORD": "mlflow", "MLFLOW_FLASK_SERVER_SECRET_KEY": "mlflow"}
    assert of_kind(render("shared"), "Secret") == []


def test_its_stores_are_on_the_volume(server: Manifest, render: Render) -> None:
    (stateful_set,) = of_kind(render("shared"), "StatefulSet")
    (claim,) = stateful_set["spec"]["volumeClaimTemplates"]

    assert {"name": claim["metadata"]["name"], "mountPath": "/mlflow"} in server["volumeMounts"]
