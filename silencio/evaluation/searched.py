"""What a search for a cheaper model tried, as a report tells it; the search itself is another room's."""

from dataclasses import dataclass
from math import isfinite, nan
from typing import Literal

Outcome = Literal["chosen", "passes", "refused", "only measured", "left out"]


@dataclass(frozen=True)
class Tried:
    """A variant of the model. Figures are NaN where nothing was measured."""

    variant: str
    runs_on: str
    outcome: Outcome
    reason: str
    """Of the outcome; empty where it needs none."""
    size_mb: float = nan
    latency_ms: float = nan
    """Median for one window."""
    latency_p95_ms: float = nan
    windows_per_second: float = nan
    """In batches."""
    memory_mb: float = nan
    map: float = nan
    map_loss: float = nan
    """Against full precision, on all windows."""
    worst_slice: str = ""
    worst_loss: float = nan

    @property
    def placed(self) -> bool:
        """Whether it has a place between cost and worth."""
        return isfinite(self.latency_ms) and isfinite(self.map)


@dataclass(frozen=True)
class Search:
    tried: tuple[Tried, ...]
    chosen_because: str
    machine: str
    """Where it was timed: elsewhere, other variants are fast."""
