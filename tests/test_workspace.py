"""The workspace: what was built is found, what was cut short is gone on with, and nobody builds twice."""

import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from silencio.errors import SilencioError, WrongUse
from silencio.handover import MANIFEST, Kind
from silencio.workspace import Workspace

INPUTS = {"data": "abc", "seed": 7}

BUILD_SLOWLY = """
import os, sys, time
from pathlib import Path
from silencio.handover import Kind
from silencio.workspace import Workspace

root, log = map(Path, sys.argv[1:])

def build(folder):
    with log.open("a") as stream:
        stream.write(f"{os.getpid()}\\n")
    time.sleep(0.5)
    (folder / "report.json").write_text("{}")
    return {}

print(Workspace(root).produce(Kind.REPORT, {"seed": 7}, build).digest)
"""

BUILD_AND_BE_KILLED = """
import os, signal, sys
from silencio.handover import Kind
from silencio.workspace import Workspace

def build(folder):
    (folder / "first.json").write_text("done before the kill")
    os.kill(os.getpid(), signal.SIGKILL)

Workspace(sys.argv[1]).produce(Kind.REPORT, {"data": "abc", "seed": 7}, build)
"""


class Builder:
    """Writes one file; remembers what it found in the folder each time."""

    def __init__(self) -> None:
        self.found: list[set[str]] = []

    def __call__(self, folder: Path) -> Mapping[str, Any]:
        self.found.append({path.name for path in folder.iterdir()})
        (folder / "report.json").write_text("{}")
        return {"map": 0.8}


@pytest.fixture
def home(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def build() -> Builder:
    return Builder()


def test_a_handover_is_built_once_and_found_from_then_on(home: Workspace, build: Builder) -> None:
    first = home.produce(Kind.REPORT, INPUTS, build)
    second = home.produce(Kind.REPORT, INPUTS, build)

    assert len(build.found) == 1
    assert first == second == first.verify()
    assert first.facts == {"inputs": INPUTS, "map": 0.8}


def test_other_inputs_are_another_handover(home: Workspace, build: Builder) -> None:
    first = home.produce(Kind.REPORT, INPUTS, build)
    second = home.produce(Kind.REPORT, INPUTS | {"seed": 8}, build)

    assert first.folder != second.folder
    assert first.digest == second.digest, "what was made is the same, so it has the same digest"


def test_the_order_in_which_inputs_are_named_means_nothing(home: Workspace, build: Builder) -> None:
    home.produce(Kind.REPORT, INPUTS, build)
    home.produce(Kind.REPORT, dict(reversed(INPUTS.items())), build)

    assert len(build.found) == 1


def test_what_a_killed_build_left_behind_is_gone_on_with(home: Workspace, build: Builder) -> None:
    killed = subprocess.run([sys.executable, "-c", BUILD_AND_BE_KILLED, str(home.root)], check=False)

    handover = home.produce(Kind.REPORT, INPUTS, build)

    assert killed.returncode == -signal.SIGKILL
    assert build.found == [{"first.json"}]
    assert handover.verify().files.keys() == {"first.json", "report.json"}


def test_a_build_that_fails_leaves_no_handover_and_can_be_tried_again(
    home: Workspace, build: Builder
) -> None:
    def fail(folder: Path) -> Mapping[str, Any]:
        raise SilencioError("The disk is full.", "Make room.")

    with pytest.raises(SilencioError, match="disk is full"):
        home.produce(Kind.REPORT, INPUTS, fail)
    assert not list((home / Kind.REPORT.value).rglob(MANIFEST))

    assert home.produce(Kind.REPORT, INPUTS, build).verify()


def test_a_folder_that_lost_its_manifest_is_not_trusted(home: Workspace, build: Builder) -> None:
    damaged = home.produce(Kind.REPORT, INPUTS, build).folder
    (damaged / MANIFEST).unlink()
    (damaged / "report.json").write_text("who knows")

    again = home.produce(Kind.REPORT, INPUTS, build)

    assert build.found == [set(), set()]
    assert again.folder == damaged
    assert (again / "report.json").read_text() == "{}"


def test_two_processes_that_want_the_same_build_it_once(home: Workspace, tmp_path: Path) -> None:
    log = tmp_path / "builders"
    call = [sys.executable, "-c", BUILD_SLOWLY, str(home.root), str(log)]

    both = [subprocess.Popen(call, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    digests = [process.communicate(timeout=60)[0] for process in both]

    assert [process.returncode for process in both] == [0, 0]
    assert len(log.read_text().splitlines()) == 1
    assert digests[0] == digests[1] != ""


def test_a_folder_is_made_when_it_is_asked_for(home: Workspace) -> None:
    assert (home / "records").is_dir()
    assert (home / "raw/feedback").is_dir()


@pytest.mark.parametrize("place", [str, Path])
def test_a_workspace_is_the_same_by_a_relative_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Callable[[str], str | Path]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert Workspace(place("workspace")).root == (tmp_path / "workspace").resolve()


def test_a_workspace_in_an_object_store_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(WrongUse, match="s3://bucket is not on a local disk"):
        Workspace("s3://bucket")
    assert not list(tmp_path.iterdir())


def test_a_handover_says_whether_it_was_just_made(workspace: Workspace) -> None:
    def build(folder: Path) -> dict[str, object]:
        (folder / "a.txt").write_text("a")
        return {}

    first = workspace.produce(Kind.CATALOG, {"of": 1}, build)
    again = workspace.produce(Kind.CATALOG, {"of": 1}, build)
    assert (first.just_made, again.just_made) == (True, False)
    assert first == again, "what is handed over is the same"
