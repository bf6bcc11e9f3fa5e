"""What a model must do whatever it was trained on."""

from dataclasses import dataclass

from silencio.evaluation.bootstrap import Estimate


@dataclass(frozen=True)
class Behaviour:
    name: str
    title: str
    about: str
    value: Estimate
    champion: Estimate | None
    windows: int
    bar: float | None
    """None: it is measured, and no gate."""
    at_least: bool
    """Whether the bar is to be reached, or not to be passed."""
