"""Who produced a result: digests of values and of code, the commit, the machine."""

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from silencio.errors import SilencioError

PACKAGE = Path(__file__).parent
CODE = (".py", ".html", ".css", ".js", ".txt")


def digest_of(value: object) -> str:
    """SHA-256 of a value's canonical JSON."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def digest_of_file(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digest_of_files(folder: Path, names: Mapping[str, Path] | None = None) -> dict[str, str]:
    """The digest of every file below a folder, by its path relative to it."""
    if names is None:
        names = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    return {name: digest_of_file(path) for name, path in sorted(names.items())}


@cache
def code_digest(*rooms: str) -> str:
    """The digest of the source of some rooms (of the whole package if none is named).

    A step's output depends on the code that made it, yet a commit that only touches another room must not
    make anything be computed again: so it is the rooms' source that counts, not the commit.
    """
    roots = [PACKAGE / room for room in rooms] or [PACKAGE]
    if missing := [root.name for root in roots if not root.is_dir()]:
        raise SilencioError(f"There is no room {', '.join(missing)}.", "Name folders of silencio/.")
    sources = {
        p.relative_to(PACKAGE).as_posix(): p for root in roots for p in root.rglob("*") if p.suffix in CODE
    }
    return digest_of(digest_of_files(PACKAGE, sources))


@cache
def git_commit() -> str:
    """The commit of the code, `-dirty` when files differ from it, `unknown` outside a checkout."""
    if not (PACKAGE.parent / ".git").exists():
        return "unknown"
    try:
        answer = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            cwd=PACKAGE.parent,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return answer.stdout.strip()


@cache
def machine() -> dict[str, Any]:
    """The machine kind: reproducibility is promised on the same kind only."""
    return {
        "processor": _processor(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def _processor() -> str:
    description = Path("/proc/cpuinfo")
    if description.exists():
        for line in description.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"
