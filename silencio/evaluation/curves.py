"""How a model fares as recordings get worse, one thing at a time."""

from dataclasses import dataclass

from silencio.evaluation.bootstrap import Estimate


@dataclass(frozen=True)
class Point:
    level: float | None
    """How much of it, in the curve's unit; None for the windows as they are, and for what has no order."""
    name: str
    """How a reader calls the level."""
    windows: int
    candidate: Estimate
    """Macro mAP over these windows."""
    champion: Estimate | None


@dataclass(frozen=True)
class Curve:
    mode: str
    title: str
    unit: str
    """Of the levels, as a reader is told what they are."""
    points: tuple[Point, ...]
    """From the windows as they are to where it is hardest."""
