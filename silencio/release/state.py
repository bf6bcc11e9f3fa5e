"""Small JSON files that one command writes and the next one reads; they may hold a token."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def read_state(path: Path) -> dict[str, Any]:
    """Empty if there is none yet."""
    return dict(json.loads(path.read_text())) if path.exists() else {}


def write_state(path: Path, state: Mapping[str, Any]) -> None:
    """Whole or not at all, and for its owner's eyes only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(json.dumps(state, indent=2, sort_keys=True) + "\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
