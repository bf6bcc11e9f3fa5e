"""No damage to a recording, of whatever kind, brings its decoder down."""

import subprocess
import sys
from pathlib import Path

import pytest


def decode_damaged(examples: int, seed: int, tmp_path: Path) -> tuple[int, int]:
    """How many of them were heard all the same, and how many refused."""
    command = [sys.executable, "-m", "tests.audio.damaged", str(examples), str(seed), str(tmp_path / "last")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, (
        f"{tmp_path / 'last'} brought it down: {done.returncode} {done.stderr[-2_000:]}"
    )
    heard, refused = map(int, done.stdout.split())
    return heard, refused


def test_damaged_recordings_are_heard_or_refused(tmp_path: Path) -> None:
    heard, refused = decode_damaged(1_500, 1, tmp_path)
    assert heard + refused == 1_500
    assert min(heard, refused) > 100, "the damage is neither too little nor too much"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 6))
def test_however_much_is_damaged(seed: int, tmp_path: Path) -> None:
    assert sum(decode_damaged(50_000, seed, tmp_path)) == 50_000
