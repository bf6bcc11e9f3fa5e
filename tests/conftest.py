"""The loop, walked once a session on the `tiny` reserve: what the tests of many rooms look at afterwards."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from silencio.experiment import load_experiment
from silencio.settings import Site
from silencio.steps.house import House
from silencio.workspace import Workspace

# How long an example takes says something of the machine, nothing of the rule.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")

# Started in the background, tests ignore Ctrl-C, and so would all that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).parents[1]
REVIEWER = "Rosa, the reviewer"


LOOP = (
    "tests/test_loop.py",
    "tests/test_second_round.py",
    "tests/components/test_features.py",
    "tests/components/test_ingest.py",
    "tests/components/test_survey.py",
    "tests/components/test_watch.py",
    "tests/monitoring/test_triggers.py",
    "tests/commands/test_train.py",
    "tests/pipelines/test_threshold.py",
    "tests/pipelines/test_watching.py",
)
"""What looks at the walked loop: one of the processes that share the tests walks it, the others need not."""


class ByFile(LoadScopeScheduling):
    """Fixtures of a file are made once: its tests go to one process."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        if file in LOOP:
            return "the loop"
        # They share a training and a registry.
        return "components" if file.startswith("tests/components/") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first."""
    items.sort(key=lambda item: item.nodeid.split("::", 1)[0] not in LOOP)


@dataclass(frozen=True)
class Walked:
    house: House
    printed: str


def silencio(*arguments: str, workspace: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command, as a user calls it, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "silencio", *arguments],
        cwd=ROOT,
        env={**os.environ, "SILENCIO_WORKSPACE": str(workspace), **environment},
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
    )


@pytest.fixture(scope="session")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walked]:
    """`silencio demo tiny`, from nothing as far as the reasons for a second round; tests/test_loop.py turns that."""
    folder = tmp_path_factory.mktemp("loop") / "workspace"
    house = House(load_experiment("tiny"), Site(workspace=str(folder)), Workspace(folder))
    done = silencio("demo", "tiny", "--rounds", "1", "--approved-by", REVIEWER, workspace=folder)
    try:
        assert done.returncode == 0, done.stdout + done.stderr
        yield Walked(house, done.stdout)
    finally:
        house.tracks.stop_all()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")
