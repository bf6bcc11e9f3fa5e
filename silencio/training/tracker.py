"""Where trainings are written down while they go on: what `train` tells, and whoever keeps it must offer."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from silencio.training.epoch import Epoch


@dataclass(frozen=True)
class Described:
    """What a run says of itself when it begins."""

    experiment: str
    """Runs of one experiment stand together."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Nested as in the experiment file; each value becomes a parameter."""
    data: Mapping[str, str] = field(default_factory=dict)
    """Digests of what it learns from, by kind: {"catalog": …, "windows": …}."""


KEPT = "checkpoint"
"""The folder of a run's artifacts that holds its checkpoint."""


class Tracker(Protocol):
    @property
    def key(self) -> str:
        """Names the run everywhere, from its first moment: runs within it refer to it by this."""

    @property
    def run_id(self) -> str | None:
        """The server's own name for it; None as long as no server was reached."""

    def epoch(self, epoch: Epoch) -> None:
        """Draw its `figures` over the epochs. One that was drawn already is not drawn twice."""

    def figures(self, figures: Mapping[str, float], step: int) -> None:
        """Draw other figures, such as the best of all trials so far."""

    def keep(self, path: Path, place: str = KEPT) -> None:
        """Keep a file of the result, as it is now, in a folder of the run."""


OpenTracker = Callable[[str, Described], AbstractContextManager[Tracker]]
"""(key, what it says of itself) to a tracker; the same key goes on in the same run."""
