"""The rules that our workflows keep, so that whatever they do can be done, and tested, without GitHub."""

import re
import shlex
import subprocess
from importlib.metadata import entry_points
from typing import Any

import pytest
import typer.main

from silencio.cli import app

from .reading import FOLDER, NAMES, ROOT, Step, read, steps
from .runner import expanded

COMMANDS = steps("run")
ACTIONS = steps("uses")
JOBS = [(name, job) for name in NAMES for job in read(name)["jobs"]]
SHELL = set("|&;<>()`\n")

every_command = pytest.mark.parametrize("step", COMMANDS, ids=str)
every_action = pytest.mark.parametrize("step", ACTIONS, ids=str)
every_job = pytest.mark.parametrize(("name", "job"), JOBS)


@pytest.fixture(scope="module")
def command_tree() -> Any:
    """All of `silencio`, with the sub-commands that the pipelines add."""
    for command in entry_points(group="silencio.commands"):
        command.load()(app)
    return typer.main.get_command(app)


@every_command
def test_a_step_runs_one_command_of_ours(step: Step) -> None:
    command = step.says["run"]

    assert shlex.split(command)[0] in {"make", "silencio"}
    assert not SHELL & set(command), "a workflow only calls: logic goes where a test can reach it"


@every_command
def test_a_command_takes_its_values_from_the_environment(step: Step) -> None:
    assert "${{" not in step.says["run"], "pasted text is run as code"
    for name in re.findall(r"\$\w+", step.says["run"]):
        assert f'"{name}"' in step.says["run"], f"{name} falls apart at a blank"


@every_command
def test_a_value_that_a_command_takes_is_set(step: Step) -> None:
    workflow = read(step.workflow)
    layers = [workflow, workflow["jobs"][step.job], step.says]
    given = {name for layer in layers for name in layer.get("env", {})} | {
        "GITHUB_STEP_SUMMARY",
        "GITHUB_OUTPUT",
    }

    assert set(re.findall(r"\$(\w+)", step.says["run"])) <= given


@every_command
def test_what_is_called_exists(step: Step, command_tree: Any) -> None:
    program, *words = shlex.split(step.says["run"])

    if program == "make":
        subprocess.run(["make", "--dry-run", *words], cwd=ROOT, check=True, capture_output=True)
    else:
        parse(command_tree, words)


def test_a_misspelt_option_is_found(command_tree: Any) -> None:
    with pytest.raises(Exception, match="--canary-olny"):
        parse(command_tree, ["pipeline", "promote", "tiny", "--canary-olny"])


def parse(command: Any, words: list[str]) -> None:
    """Go down the tree of commands as a call would; an unknown word raises on the way. Nothing is run."""
    context = command.make_context("silencio", list(words))
    while hasattr(command, "resolve_command"):
        name, command, words = command.resolve_command(context, words)
        context = command.make_context(name, list(words), parent=context)


@every_action
def test_an_action_is_pinned_to_a_commit(step: Step) -> None:
    assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", step.says["uses"])


def test_the_same_action_is_the_same_everywhere_and_says_its_version() -> None:
    text = "".join((FOLDER / f"{name}.yml").read_text() for name in NAMES)
    pins = set(re.findall(r"uses: (.*)", text))

    assert len(pins) == len({pin.split("@")[0] for pin in pins})
    assert all(re.search(r" # v\d+\.\d+\.\d+$", pin) for pin in pins)


@every_job
def test_a_checkout_leaves_no_credentials(name: str, job: str) -> None:
    checkout = read(name)["jobs"][job]["steps"][0]

    assert checkout["uses"].startswith("actions/checkout@")
    assert checkout["with"]["persist-credentials"] == "false"


@every_job
def test_a_job_may_only_read(name: str, job: str) -> None:
    workflow = read(name)

    assert workflow["jobs"][job].get("permissions", workflow["permissions"]) == {"contents": "read"}


@every_job
def test_a_job_ends(name: str, job: str) -> None:
    assert int(read(name)["jobs"][job]["timeout-minutes"]) > 0


@every_job
def test_a_job_makes_the_environment_before_it_uses_it(name: str, job: str) -> None:
    commands = [step["run"] for step in read(name)["jobs"][job]["steps"] if "run" in step]

    assert commands[0] == "make env"


@pytest.mark.parametrize(
    ("name", "events"),
    [
        ("ci", {"pull_request", "push"}),
        ("retrain", {"push", "schedule", "workflow_dispatch"}),
        ("promote", {"workflow_dispatch"}),
    ],
)
def test_a_workflow_starts_when_it_should(name: str, events: set[str]) -> None:
    on = read(name)["on"]

    assert set(on) == events
    assert on.get("push", {"branches": ["main"]}) == {"branches": ["main"]}


def test_a_newer_push_ends_an_older_check_and_never_a_training() -> None:
    given_up = {name: read(name)["concurrency"]["cancel-in-progress"] for name in NAMES}

    assert given_up == {"ci": "true", "retrain": "false", "promote": "false"}


@pytest.mark.parametrize("name", ["retrain", "promote"])
def test_the_workspace_is_used_where_it_lies(name: str) -> None:
    workflow = read(name)

    assert {tuple(job["runs-on"]) for job in workflow["jobs"].values()} == {("self-hosted", "silencio")}
    assert expanded(workflow["env"]["SILENCIO_WORKSPACE"], {"vars.SILENCIO_WORKSPACE": "/data"}) == "/data"


@pytest.mark.parametrize("name", ["retrain", "promote"])
def test_the_experiment_is_the_one_asked_for_or_the_repositorys_or_the_demo(name: str) -> None:
    experiment = read(name)["env"]["EXPERIMENT"]
    repository = {"vars.SILENCIO_EXPERIMENT": "el_silencio"}

    assert "experiment" in read(name)["on"]["workflow_dispatch"]["inputs"]
    assert expanded(experiment, repository | {"inputs.experiment": "tiny"}) == "tiny"
    assert expanded(experiment, repository) == "el_silencio"
    assert expanded(experiment, {}) == "demo"


def test_production_waits_for_the_canary_and_for_its_reviewers() -> None:
    jobs = read("promote")["jobs"]

    assert jobs["canary"]["environment"] == "canary"
    assert jobs["production"]["environment"] == "production"
    assert jobs["production"]["needs"] == "canary"


def test_an_approval_says_who_asked_and_where_it_stands_who_approved() -> None:
    contexts = {
        "github.actor": "ana",
        "github.server_url": "https://github.com",
        "github.repository": "silencio/silencio",
        "github.run_id": "7",
    }

    approved_by = expanded(read("promote")["jobs"]["production"]["env"]["APPROVED_BY"], contexts)

    assert approved_by.startswith("ana, ")
    assert approved_by.endswith("https://github.com/silencio/silencio/actions/runs/7")
