"""Whether a probability means what it says."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bin:
    """Pairs of a window and a species whose probability lies from `low` to `high`."""

    low: float
    high: float
    mean_probability: float
    observed: float
    """The share of them in which the species does call."""
    count: int
