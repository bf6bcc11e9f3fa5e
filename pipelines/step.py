"""A step of a run, here or on a cluster, as whoever follows the run sees it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from silencio.progress import Progress

REFUSING = frozenset({"refuse", "roll-back"})
"""The components that run only where a gate said no."""


class State(StrEnum):
    RUNNING = "running"
    CACHED = "cached"
    """Kubeflow knew the outcome of the same step with the same inputs: nothing was started."""
    FOUND = "found done"
    """It was started, and found in the workspace what it would have made."""
    DONE = "done"
    FAILED = "failed"


@dataclass
class Step:
    name: str
    state: State
    began: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    progress: Progress | None = None
    result: str = ""
    """What came out, in a sentence."""
    refusal: tuple[str, str] | None = None
    """The kind of error that ended it, and its sentence."""
    worked: float | None = None
    """Seconds that its own process took; the rest of `seconds` is what running it as a step costs."""
    artifacts: Mapping[str, Path] = field(default_factory=dict)
    """What it handed over on this machine, by name: receipts, pages."""
    said: Mapping[str, str] = field(default_factory=dict)
    """The texts that it handed over, by name; `Output` where there is only one."""
    log: Path | None = None
    """Of the whole run."""

    @property
    def component(self) -> str:
        """Kubeflow numbers the tasks of one component: `refuse` and `refuse-2` are both of component `refuse`."""
        stem, _, number = self.name.rpartition("-")
        return stem if number.isdigit() else self.name


Follow = Callable[[list[Step]], None]
"""Is called with all steps so far whenever anything changed."""
