"""How far long work has come, told as it happens: a bar on a terminal, a line in a pod's log."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

LINE = re.compile(r"^\s*progress (\d+)/(\d+) (.*)$")


@dataclass(frozen=True)
class Progress:
    done: int
    of: int
    what: str

    def line(self) -> str:
        return f"progress {self.done}/{self.of} {self.what}"

    @classmethod
    def read(cls, line: str) -> Self | None:
        """The progress that a line tells of; None if it tells of something else."""
        found = LINE.match(line)
        return cls(int(found[1]), int(found[2]), found[3]) if found else None


Tell = Callable[[Progress], None]


def nobody(progress: Progress) -> None:
    """Nobody listens."""


def log_line(progress: Progress) -> None:
    """For a step in a process of its own: whoever reads its log can follow."""
    print(progress.line(), flush=True)


def seldom(tell: Tell, seconds: float = 5.0) -> Tell:
    """Passes on what comes so many seconds after what it passed on before, and whatever ends the work."""
    last = time.monotonic()

    def told(progress: Progress) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= seconds or progress.done >= progress.of:
            last = now
            tell(progress)

    return told


def counting(tell: Tell, what: str) -> Callable[[int, int], None]:
    """For work that counts (done, of)."""
    return lambda done, of: tell(Progress(done, of, what))
