"""What a caller asks for beside the recording."""

from dataclasses import dataclass
from datetime import datetime

from silencio.serving.engine.heard import Priority


@dataclass(frozen=True)
class Wish:
    top_k: int | None = None
    """Of the species in an answer, at most so many; all if none is given."""
    min_confidence: float | None = None
    """In place of the species' own thresholds."""
    species: tuple[str, ...] = ()
    """Only these are answered; all if there are none."""
    latitude: float | None = None
    longitude: float | None = None
    at: datetime | None = None
    """When it was recorded, as who recorded it says."""
    tour: str | None = None
    """Of which tour it is."""
    priority: Priority = Priority.LIVE
    may_keep: bool = True
    """False: who sent it does not want it kept."""
