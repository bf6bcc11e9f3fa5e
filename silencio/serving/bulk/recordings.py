"""Which recordings somebody means, and what each is called in the results."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from silencio.data.ingest.kinds import is_audio
from silencio.errors import WrongUse


@dataclass(frozen=True)
class Recording:
    name: str
    """Its path below the folder that was named, without the suffix unless that tells two apart."""
    path: Path


def recordings(places: Sequence[Path]) -> list[Recording]:
    """Files, and whatever lies in folders, by their names."""
    found = [(below, path) for place in places for below, path in _at(place)]
    if not found:
        raise WrongUse(
            f"There is no recording in {', '.join(map(str, places))}.", "Name recordings, or folders of them."
        )
    stems = Counter(below.with_suffix("") for below, _ in found)
    named = [
        Recording((below.with_suffix("") if stems[below.with_suffix("")] == 1 else below).as_posix(), path)
        for below, path in found
    ]
    ambiguous = [name for name, times in Counter(r.name for r in named).items() if times > 1]
    if ambiguous:
        raise WrongUse(
            f"Several recordings would be called {ambiguous[0]} in the results.",
            "Name the folder that is above all of them.",
        )
    return sorted(named, key=lambda recording: recording.name)


def _at(place: Path) -> list[tuple[Path, Path]]:
    """(path below the place, path)"""
    if place.is_dir():
        return [(p.relative_to(place), p) for p in place.rglob("*") if is_audio(p) and p.is_file()]
    if place.is_file():
        return [(Path(place.name), place)]
    raise WrongUse(f"{place} is neither a recording nor a folder of them.", "Look for a slip in its name.")
