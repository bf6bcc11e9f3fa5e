"""Real recordings, where there are any: ../shared/data, or the folder that SILENCIO_REAL_DATA names."""

import os
from pathlib import Path

import pytest

REAL = Path(os.environ.get("SILENCIO_REAL_DATA", Path(__file__).parents[2] / "shared/data"))


def recordings(folder: str, pattern: str = "**/*") -> list[Path]:
    """The files of one data set in order; the test skips if it is not there."""
    found = sorted(path for path in (REAL / folder).glob(pattern) if path.is_file())
    if not found:
        pytest.skip(f"there is no {folder} at {REAL}; SILENCIO_REAL_DATA may name another folder")
    return found
