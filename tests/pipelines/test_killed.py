"""The whole pipeline on the tiny reserve, killed in every step, and what a changed threshold does again."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from silencio.experiment import load_experiment
from silencio.handover import Kind, open_handover
from silencio.registry.runs import tracking_uri
from silencio.settings import Site
from silencio.steps.house import House
from silencio.workspace import Workspace
from tests.conftest import ROOT, silencio

pytestmark = pytest.mark.slow

ALONE = "optimize.variants=[fp32]"
"""Which of several variants is the cheapest is measured, and so not the same each time; of one, there is no doubt."""
BEGINS = re.compile(r"^  ▸ (.+?)\s+…$")
ENDS = re.compile(r"^  ([✓≡✗]) (.+?) +(\d+ s|cached|found done)")
MADE = re.compile(r"^(catalog|windows|checkpoint|report|bundle|image)\t(/.*)$", re.MULTILINE)
MAKES = {"ingest": Kind.CATALOG, "features": Kind.WINDOWS, "retrain": Kind.CHECKPOINT}
"""What is made before anything is judged, by step."""
LONG = 300.0
"""Seconds within which a step begins, on any machine."""


@dataclass(frozen=True)
class Run:
    workspace: Path
    printed: str

    @property
    def house(self) -> House:
        site = Site(workspace=str(self.workspace))
        return House(load_experiment("tiny"), site, Workspace(self.workspace))

    @property
    def steps(self) -> Mapping[str, str]:
        """How each ended: `cached`, `found done`, or after how many seconds."""
        return {found[2]: found[3] for line in self.printed.splitlines() if (found := ENDS.match(line))}

    @property
    def made(self) -> Mapping[str, Path]:
        return {kind: Path(folder) for kind, folder in MADE.findall(self.printed)}


def walked(workspace: Path, *options: str) -> Run:
    done = silencio("pipeline", "run", "tiny", "--set", ALONE, *options, workspace=workspace)
    assert done.returncode == 0, done.stdout + done.stderr
    return Run(workspace, done.stdout)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    run = walked(tmp_path_factory.mktemp("undisturbed"))
    yield run
    run.house.tracks.stop_all()


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    Run(tmp_path, "").house.tracks.stop_all()
    for pid in left_behind(tmp_path):
        os.kill(pid, signal.SIGTERM)


def left_behind(workspace: Path) -> list[int]:
    """Services of this workspace that a killed step had started."""
    commands = {int(p.parent.name): p for p in Path("/proc").glob("[0-9]*/cmdline") if p.parent.name}
    return [pid for pid, path in commands.items() if os.fsencode(workspace) in _read(path)]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def kill(workspace: Path, step: str, after: float) -> bool:
    """Start the run, and end all of it some seconds after a step began; False if the step had ended before."""
    run = subprocess.Popen(
        [sys.executable, "-m", "silencio", "pipeline", "run", "tiny", "--set", ALONE],
        cwd=ROOT,
        env={**os.environ, "SILENCIO_WORKSPACE": str(workspace)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert run.stdout is not None
    in_time = threading.Timer(LONG, os.killpg, (run.pid, signal.SIGKILL))
    in_time.start()
    last: re.Match[str] | None = None
    for line in run.stdout:
        last = BEGINS.match(line) or ENDS.match(line) or last
        if (found := BEGINS.match(line)) and found[1] == step:
            if after:
                threading.Timer(after, os.killpg, (run.pid, signal.SIGKILL)).start()
            else:
                os.killpg(run.pid, signal.SIGKILL)
    in_time.cancel()
    assert run.wait() == -signal.SIGKILL, f"{step} did not begin"
    return last is not None and last.re is BEGINS


def digests(run: Run) -> dict[str, str]:
    """Of all that holds nothing measured: figures of speed differ from run to run."""
    same = {kind: open_handover(run.made[kind.noun], kind).digest for kind in MAKES.values()}
    bundle = open_handover(run.made[Kind.BUNDLE.noun], Kind.BUNDLE)
    files = ("model.onnx", "labels.csv", "thresholds.json", "frontend.json")
    return {kind.noun: digest for kind, digest in same.items()} | {name: bundle.files[name] for name in files}


def seconds(said: str) -> float:
    return float(said.removesuffix(" s")) if said.endswith(" s") else 0.0


def test_killed_in_every_step_it_goes_on_and_comes_to_the_same(undisturbed: Run, killed: Path) -> None:
    midway = []
    for step, said in undisturbed.steps.items():
        kill(killed, step, after=0.0)
        if kill(killed, step, after=seconds(said) / 2):
            midway.append(step)
    assert midway, "no step was long enough to be killed in its midst"
    finished = walked(killed)

    # Which of two that wait for the same begins first is left to the runner.
    assert finished.steps.keys() == undisturbed.steps.keys()
    assert digests(finished) == digests(undisturbed)
    for run in (undisturbed, finished):
        [version] = run.house.registry.versions()
        assert version.number == "1"
        assert [entry.move["stage"] for entry in run.house.record.verify()] == ["staging"]
        # What was found by nobody: a run of MLflow begun twice, a hand-over left half-made.
        assert len(trainings(run)) == len(trainings(undisturbed))
        assert not list(run.workspace.glob("*/*/*.partial"))
        verified = silencio("registry", "verify", "tiny", workspace=run.workspace)
        assert verified.returncode == 0, verified.stdout + verified.stderr


def trainings(run: Run) -> list[str]:
    """The runs that MLflow knows, by name."""
    from mlflow import MlflowClient

    house = run.house
    client = MlflowClient(tracking_uri(house.site, house.workspace))
    everything = [experiment.experiment_id for experiment in client.search_experiments()]
    return sorted(str(found.info.run_name) for found in client.search_runs(everything))


def test_with_nothing_changed_nothing_that_computes_is_started(undisturbed: Run) -> None:
    again = walked(undisturbed.workspace)
    looked_at_each_time = {"survey", "champion", "register", "deploy-staging"}
    for step in {*MAKES, "evaluate", "optimize", "integration-test"} - looked_at_each_time:
        assert again.steps[step] == "cached", step
    assert digests(again) == digests(undisturbed)


def test_one_threshold_changed_judges_again_and_does_not_train(undisturbed: Run) -> None:
    other = walked(undisturbed.workspace, "--set", "evaluation.gates.0.at_least=0.11")
    for step in MAKES:
        assert other.steps[step] == "found done", step
    for step in ("evaluate", "optimize", "integration-test"):
        assert other.steps[step].endswith(" s"), step
    assert digests(other) == digests(undisturbed)
    gates = json.loads((other.made["report"] / "report.json").read_text())["gates"]
    assert any(gate["threshold"] == 0.11 for gate in gates)
