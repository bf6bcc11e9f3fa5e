"""Compiled code is kept where it can be, and where it cannot, or what was kept is damaged, only time is lost."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from silencio.audio.compiled import compiled

ROOT = Path(__file__).parents[2]
SIGNATURE = "void(float32[::1])"

TWICE = """
import sys
import numpy as np
from silencio.audio import LogMel
from silencio.settings import FrontEnd

sys.stdin.readline()
print(LogMel(FrontEnd()).decibels(np.sin(np.arange(16_000)).astype(np.float32)).max())
"""


def double(numbers: NDArray[np.float32]) -> None:
    for place in range(len(numbers)):
        numbers[place] *= 2


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place where compiled code may be kept."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "kept"))
    monkeypatch.setattr(numba.config, "CACHE_LOCATOR_CLASSES", "UserProvidedCacheLocator")
    return tmp_path / "kept"


def kept(folder: Path) -> dict[Path, int]:
    """The files below, and when they were written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def doubles() -> bool:
    numbers = np.arange(5, dtype=np.float32)
    compiled(double, SIGNATURE)(numbers)
    return numbers.tolist() == [0, 2, 4, 6, 8]


def test_what_was_compiled_once_is_found_again(folder: Path) -> None:
    assert doubles()
    before = kept(folder)
    assert len(before) == 2

    assert doubles()

    assert kept(folder) == before


@pytest.mark.parametrize("left", [0, 50, -10])
def test_a_damaged_file_is_said_and_costs_only_time(
    folder: Path, left: int, caplog: pytest.LogCaptureFixture
) -> None:
    assert doubles()
    assert not caplog.records
    for path in kept(folder):
        path.write_bytes(path.read_bytes()[:left])

    assert doubles()

    assert "Compiled code cannot be kept" in caplog.text


def test_where_nothing_can_be_written_it_is_compiled_for_this_process(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write_text("a file where the folder would be")

    with caplog.at_level(logging.WARNING):
        assert doubles()

    assert "NUMBA_CACHE_DIR may name a folder for it" in caplog.text


def test_code_of_other_source_is_never_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert doubles()
    before = kept(folder)

    monkeypatch.setattr("inspect.getsource", lambda module: "other source")

    assert doubles()
    assert len(kept(folder)) == 2 * len(before)


@pytest.mark.slow
def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    started = [
        subprocess.Popen([sys.executable, "-c", TWICE], cwd=ROOT, env=environment, text=True, **pipes)
        for _ in range(2)
    ]

    answers = [process.communicate("now\n", timeout=120) for process in started]

    assert [process.returncode for process in started] == [0, 0], answers
    assert answers[0] == answers[1]
    assert answers[0][1] == ""
    assert len(kept(tmp_path)) == 2
