"""Who hears the recordings makes no difference; and a build that is killed goes on where it was."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from silencio.data.windows.crews import Crew, alone, processes
from silencio.data.windows.shards import MOST, Shards
from silencio.data.windows.store import build_windows
from silencio.errors import SilencioError
from silencio.handover import MANIFEST, Handover, Kind
from silencio.workspace import Workspace
from tests.data.recorded import FRONT_END, Recorded

COUNT = 3 * MOST

# A script as somebody may write it: nothing keeps it from being run again by a process that imports it.
BUILD_AND_BE_KILLED = """
import os, signal, sys
from pathlib import Path
from silencio.data.windows.crews import processes
from silencio.data.windows.shards import Shards
from silencio.data.windows.store import build_windows
from silencio.handover import Kind, open_handover
from silencio.settings import FrontEnd
from silencio.workspace import Workspace

root, catalog, front_end = sys.argv[1:]
workspace, front_end = Workspace(root), FrontEnd.model_validate_json(front_end)

def progress(done, of):
    if any(Shards.of(front_end, workspace).all()):
        print(*Path(f"/proc/self/task/{os.getpid()}/children").read_text().split(), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

build_windows(open_handover(Path(catalog), Kind.CATALOG), front_end, workspace, progress, processes(2))
"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Recordings for several shards."""
    recorded = Recorded(tmp_path_factory.mktemp("recorded"))
    for number in range(COUNT):
        recorded.add(f"r{number}", 0.2 + 0.02 * number)
    return recorded


@pytest.fixture(scope="module")
def catalog(recorded: Recorded) -> Handover:
    return recorded.catalog()


@pytest.fixture(scope="module")
def heard_alone(catalog: Handover, tmp_path_factory: pytest.TempPathFactory) -> Handover:
    return build_windows(catalog, FRONT_END, Workspace(tmp_path_factory.mktemp("alone")), crew=alone)


def ray() -> Crew:
    from silencio.data.windows.on_ray import cluster

    return cluster()


@pytest.mark.parametrize(
    "crew", [lambda: processes(2), pytest.param(ray, marks=pytest.mark.slow)], ids=["processes", "ray"]
)
def test_every_crew_writes_the_same_bytes_and_tells_of_every_recording(
    crew: Callable[[], Crew], catalog: Handover, heard_alone: Handover, workspace: Workspace
) -> None:
    told: list[tuple[int, int]] = []

    made = build_windows(catalog, FRONT_END, workspace, lambda done, of: told.append((done, of)), crew())

    assert made.verify().digest == heard_alone.digest
    assert made.facts["shards"] > 2
    assert told == [(done, COUNT) for done in range(1, COUNT + 1)]


def test_a_killed_build_ends_its_processes_and_goes_on_where_it_was(
    recorded: Recorded, heard_alone: Handover, workspace: Workspace, tmp_path: Path
) -> None:
    catalog, script = recorded.catalog(), tmp_path / "script.py"
    script.write_text(BUILD_AND_BE_KILLED)

    killed = subprocess.run(
        [sys.executable, script, workspace.root, catalog.folder, FRONT_END.model_dump_json()],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )

    assert killed.returncode == -signal.SIGKILL
    workers = killed.stdout.split()
    assert len(workers) == 2
    assert eventually(lambda: not any(is_running(worker) for worker in workers))
    assert not list((workspace / Kind.WINDOWS.value).rglob(MANIFEST))

    # What the killed build finished is not heard again: it could not be.
    finished = [heard.recording for shard in Shards.of(FRONT_END, workspace).all() for heard in shard.heard]
    gone = [row["id"] for row in recorded.rows.values() if row["digest"] in finished]
    with away(recorded.path(identity) for identity in gone):
        again = build_windows(catalog, FRONT_END, workspace, crew=processes(2))

    assert gone
    assert again.verify().digest == heard_alone.digest
    assert not list(Shards.of(FRONT_END, workspace).folder.glob("*.partial"))


class away:  # noqa: N801
    """Files that are not there for a while."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self.paths = list(paths)

    def __enter__(self) -> None:
        for path in self.paths:
            path.rename(path.with_suffix(".away"))

    def __exit__(self, *_: object) -> None:
        for path in self.paths:
            path.with_suffix(".away").rename(path)


def is_running(process: str) -> bool:
    """A zombie that nobody waits for has ended too."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> bool:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def test_a_process_that_ends_by_itself_is_an_error_that_says_so(
    catalog: Handover, workspace: Workspace
) -> None:
    def kill_them(done: int, of: int) -> None:
        for child in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
            if b"silencio.data.windows.worker" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(int(child), signal.SIGKILL)

    with pytest.raises(SilencioError, match="ended by itself, with exit code -9"):
        build_windows(catalog, FRONT_END, workspace, kill_them, processes(1))


def test_a_recording_that_is_missing_is_named_by_any_crew(tmp_path: Path, workspace: Workspace) -> None:
    recorded = Recorded(tmp_path)
    path = recorded.path(recorded.add("gone"))
    catalog = recorded.catalog()
    path.unlink()

    with pytest.raises(SilencioError, match=f"release/gone.wav is missing: there is no file {path}"):
        build_windows(catalog, FRONT_END, workspace, crew=processes(1))
