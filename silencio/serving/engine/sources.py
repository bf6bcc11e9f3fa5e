"""Where the model comes from: a folder that may be exchanged, or whoever is asked for the version of a stage."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from silencio.errors import WrongUse


@dataclass(frozen=True)
class Found:
    folder: Path
    """Of a bundle."""
    mark: str
    """Another one says that there is something else now."""
    version: str | None = None
    """Its number in the registry, where it came from there."""


Look = Callable[[], Found | None]
"""What is to be served now; None if there is nothing at the moment. It may take its time, and may raise."""


def in_folder(path: Path) -> Look:
    """A bundle's folder, or a link to one: what the link names now, and what lies there now."""

    def look() -> Found | None:
        folder = path.resolve()
        if not folder.is_dir():
            return None
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        stats = [(file.relative_to(folder).as_posix(), file.stat()) for file in files]
        state = [f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in stats]
        return Found(folder, "\n".join([str(folder), *state]))

    return look


def first_of(look: Look, where: str) -> Found:
    """What is there when the service starts; without anything it cannot."""
    found = look()
    if found is None:
        raise WrongUse(f"There is no bundle at {where}.", "Name the folder of one, or a stage that has one.")
    return found
