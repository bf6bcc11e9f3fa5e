"""Which files of a folder are whole: nobody writes to them any more, and their own headers say that they end there."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from silencio.audio import Unreadable
from silencio.audio.decode import decode
from silencio.data.ingest.kinds import found
from silencio.data.ingest.wholeness import is_cut_short

PATTERN = "*.ogg"
SETTLE_SECONDS = 0.5
"""For which a file's size and time stay the same before it is opened."""
PATIENCE_SECONDS = 60.0
"""After which a file that is not whole is broken: nobody will write the rest."""
LAST_PAGE = 4
"""Ogg's mark of a stream's last page, in the sixth byte of its header."""


@dataclass(frozen=True)
class Arrived:
    path: Path
    recording: bytes
    broken: str | None
    """Why it can never be read; none if it is whole."""

    @property
    def digest(self) -> str:
        return sha256(self.recording).hexdigest()


@dataclass(frozen=True)
class _Seen:
    size: int
    modified: int
    since: float
    """By the monotonic clock."""
    taken: bool = False


class Arrivals:
    """Looks at a folder again and again. Hidden and partial files are none of it."""

    def __init__(
        self, folder: Path, settle: float = SETTLE_SECONDS, patience: float = PATIENCE_SECONDS
    ) -> None:
        self.folder = folder
        self._settle = settle
        self._patience = patience
        self._seen: dict[Path, _Seen] = {}

    def look(self) -> Iterator[Arrived]:
        """What is whole, or broken for good, since it was last looked at; the oldest first. A file that changes
        afterwards comes again."""
        there = self._there()
        self._seen = {path: seen for path, seen in self._seen.items() if path in there}
        for path, (size, modified) in sorted(there.items(), key=lambda one: (one[1][1], one[0].name)):
            seen = self._seen.get(path)
            if seen is None or (seen.size, seen.modified) != (size, modified):
                seen = self._seen[path] = _Seen(size, modified, time.monotonic())
            age = time.monotonic() - seen.since
            if seen.taken or age < self._settle:
                continue
            arrived = _opened(path, age >= self._patience)
            if arrived:
                self._seen[path] = _Seen(size, modified, seen.since, taken=True)
                yield arrived

    def again(self, path: Path) -> None:
        """It was not done with after all."""
        self._seen.pop(path, None)

    @property
    def waiting(self) -> int:
        """Files that are not whole yet."""
        there = self._there()
        return sum(path not in self._seen or not self._seen[path].taken for path in there)

    def _there(self) -> dict[Path, tuple[int, int]]:
        """(bytes, time of the last change)"""
        there = {}
        for path in self.folder.glob(PATTERN):
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            if path.is_file() and not path.name.startswith("."):
                there[path] = (stat.st_size, stat.st_mtime_ns)
        return there


def _opened(path: Path, patience_is_over: bool) -> Arrived | None:
    """None if it may still become whole."""
    try:
        recording = path.read_bytes()
    except OSError as error:
        return Arrived(path, b"", f"it cannot be opened ({error.strerror})") if patience_is_over else None
    if broken := _broken(recording):
        return Arrived(path, recording, broken) if patience_is_over else None
    # Cut just between two pages it looks whole but for this mark, which some writers never make.
    if not (_is_marked_last(recording) or patience_is_over):
        return None
    return Arrived(path, recording, None)


def _broken(recording: bytes) -> str | None:
    if not recording:
        return "it is empty"
    if found(recording[:12]) == "OGG" and is_cut_short(recording, "OGG"):
        return "it ends before its last page does"
    try:
        decode(recording)
    except Unreadable as error:
        return error.problem
    return None


def _is_marked_last(recording: bytes) -> bool:
    page = recording.rfind(b"OggS")
    return page >= 0 and bool(recording[page + 5] & LAST_PAGE)
