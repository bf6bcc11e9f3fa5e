"""A recording is opened once; what was found in it outlives the process that found it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from silencio.audio.decode import decode
from silencio.audio.fingerprint import fingerprint
from silencio.data.ingest.contents import Contents, files_of
from silencio.data.ingest.inspect import CHUNK, Inspections, inspect
from silencio.identity import digest_of_file
from tests.data.conftest import RATE, sound

KILLED = """
import sys, time
from pathlib import Path
from silencio.data.ingest.contents import Contents, files_of
from silencio.data.ingest.inspect import Inspections

def told(done, of):
    print(done, flush=True)
    time.sleep(600)

folder, home = map(Path, sys.argv[1:])
Inspections(home).of(Contents(home / "digests.sqlite").of(files_of(folder)), told)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def put(folder: Path, name: str, recording: bytes) -> Path:
    (folder / name).write_bytes(recording)
    return folder / name


def test_a_recording_says_how_long_it_is_and_how_it_sounds(folder: Path) -> None:
    path = put(folder, "a.wav", sound(2.0, format="WAV"))

    one = inspect(path)

    assert (one.digest, one.kind, one.duration, one.sample_rate, one.reason) == (
        *(digest_of_file(path), "WAV", 2.0, RATE, None),
    )
    assert one.fingerprint is not None
    assert np.frombuffer(one.fingerprint, "<u4").tolist() == fingerprint(*decode(path)).tolist()


def test_a_file_that_may_not_be_opened_is_a_reason_not_an_error(folder: Path) -> None:
    assert inspect(folder / "gone.wav").reason == "the file cannot be opened (No such file or directory)"


def look(folder: Path, home: Path) -> tuple[list[tuple[int, int]], int]:
    """What was told, and how many recordings of the folder can be used."""
    told: list[tuple[int, int]] = []
    digests = Contents(home / "digests.sqlite").of(files_of(folder))
    found = Inspections(home).of(digests, lambda done, of: told.append((done, of)))
    return told, sum(one.reason is None for one in found.values())


def test_what_was_inspected_once_is_not_opened_again_wherever_it_lies(folder: Path, tmp_path: Path) -> None:
    put(folder, "a.wav", sound(0.2, format="WAV"))
    put(folder, "b.wav", b"no sound")
    assert look(folder, tmp_path) == ([(2, 2)], 1)

    moved = folder.rename(tmp_path / "moved")
    put(moved, "c.wav", sound(0.2, seed=3, format="WAV"))
    put(moved, "copy of a.wav", sound(0.2, format="WAV"))

    assert look(moved, tmp_path) == ([(4, 4)], 3)
    assert look(moved, tmp_path) == ([], 3)


def test_a_run_that_was_killed_goes_on_where_it_was(folder: Path, tmp_path: Path) -> None:
    for number in range(CHUNK + 10):
        put(folder, f"{number}.wav", sound(0.05, seed=number, format="WAV"))
    run = subprocess.Popen(
        [sys.executable, "-c", KILLED, folder, tmp_path], stdout=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    with run.stdout:
        assert run.stdout.readline() == f"{CHUNK}\n"
        os.kill(run.pid, signal.SIGKILL)
    run.wait()

    assert look(folder, tmp_path) == ([(CHUNK + 10, CHUNK + 10)], CHUNK + 10)
