"""What a Kubeflow cluster would be given."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from components.image import IMAGE
from tests.conftest import silencio

Spec = dict[str, Any]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Spec]:
    folder = tmp_path_factory.mktemp("compiled")
    done = silencio("pipeline", "compile", str(folder), workspace=folder)
    assert done.returncode == 0, done.stderr
    return {path.stem: next(yaml.safe_load_all(path.read_text())) for path in folder.glob("*.yaml")}


def tasks(spec: Spec, dag: Spec | None = None) -> dict[str, tuple[set[str], bool]]:
    """Every task by its name, also within conditions: what it waits for, and whether it is cached."""
    found: dict[str, tuple[set[str], bool]] = {}
    for name, task in (dag or spec["root"]["dag"])["tasks"].items():
        component = spec["components"][task["componentRef"]["name"]]
        if "dag" in component:
            found |= tasks(spec, component["dag"])
        else:
            found[name] = (
                set(task.get("dependentTasks", ())),
                task["cachingOptions"].get("enableCache", False),
            )
    return found


def test_continuous_training_has_its_steps_in_their_order(compiled: dict[str, Spec]) -> None:
    found = tasks(compiled["continuous-training"])
    assert {name: waits for name, (waits, _) in found.items()} == {
        "survey": set(),
        "ingest": {"survey"},
        "features": {"ingest"},
        "retrain": {"features", "ingest"},
        "champion": {"retrain"},
        "evaluate": {"champion", "features", "ingest", "retrain"},
        "optimize": set(),
        "integration-test": {"optimize"},
        "package": set(),
        "register": {"package"},
        "deploy-staging": {"register"},
        "refuse": set(),
        "refuse-2": set(),
    }


def test_what_looks_at_the_world_is_never_cached(compiled: dict[str, Spec]) -> None:
    found = tasks(compiled["continuous-training"]) | tasks(compiled["promotion"])
    assert {name for name, (_, cached) in found.items() if not cached} == {
        "survey",
        "champion",
        "register",
        "deploy-staging",
        "canary",
        "promote",
        "roll-back",
    }


def branches(spec: Spec, dag: Spec) -> dict[str, set[str]]:
    """What runs directly under each condition, by the condition without its inputs' prefixes."""
    found: dict[str, set[str]] = {}
    for task in dag["tasks"].values():
        component = spec["components"][task["componentRef"]["name"]]
        if "dag" not in component:
            continue
        if condition := task.get("triggerPolicy", {}).get("condition"):
            plain = condition.replace("inputs.parameter_values['pipelinechannel--", "").replace(
                "-Output']", ""
            )
            steps = component["dag"]["tasks"]
            found[plain] = {name for name in steps if "condition" not in name}
        found |= branches(spec, component["dag"])
    return found


def test_the_gates_decide_what_follows(compiled: dict[str, Spec]) -> None:
    spec = compiled["continuous-training"]
    assert branches(spec, spec["root"]["dag"]) == {
        "evaluate == 'pass'": {"optimize", "integration-test"},
        "!(evaluate == 'pass')": {"refuse-2"},
        "integration-test == 'pass'": {"package", "register", "deploy-staging"},
        "!(integration-test == 'pass')": {"refuse"},
    }


def test_a_canary_is_promoted_only_if_it_did_well(compiled: dict[str, Spec]) -> None:
    spec = compiled["promotion"]
    assert branches(spec, spec["root"]["dag"]) == {
        "canary == 'pass'": {"promote"},
        "!(canary == 'pass')": {"roll-back"},
    }


def test_promotion_promotes_or_rolls_back(compiled: dict[str, Spec]) -> None:
    assert set(tasks(compiled["promotion"])) == {"canary", "promote", "roll-back"}


@pytest.mark.parametrize("pipeline", ["continuous-training", "promotion"])
def test_every_step_runs_in_the_one_image_and_installs_nothing(
    compiled: dict[str, Spec], pipeline: str
) -> None:
    executors = compiled[pipeline]["deploymentSpec"]["executors"]
    assert executors
    for executor in executors.values():
        assert executor["container"]["image"] == IMAGE
        assert "pip install" not in str(executor["container"]["command"])


def test_the_image_is_a_setting(tmp_path: Path) -> None:
    done = silencio(
        "pipeline",
        "compile",
        str(tmp_path),
        workspace=tmp_path,
        SILENCIO_IMAGE="registry.example/steps@sha256:1",
    )
    assert done.returncode == 0, done.stderr
    assert "image: registry.example/steps@sha256:1" in (tmp_path / "promotion.yaml").read_text()
