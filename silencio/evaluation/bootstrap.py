"""Intervals by resampling recordings: the windows of one resemble each other, so they are drawn together.

Candidate and champion are resampled alike; the interval of their difference is the paired one.
"""

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A figure and its percentile interval; NaN where the data do not say."""

    value: float
    low: float = nan
    high: float = nan

    @property
    def has_interval(self) -> bool:
        return bool(np.isfinite([self.value, self.low, self.high]).all())


def draw(groups: int, resamples: int, seed: int) -> NDArray[np.float32]:
    """How often each group is drawn, [resamples, groups]; every row sums to `groups`.

    One group alone says nothing about another one: below two there is no resampling, [0, groups].
    """
    if groups < 2:
        return np.zeros((0, groups), dtype=np.float32)
    generator = np.random.default_rng(seed)
    return generator.multinomial(groups, np.full(groups, 1 / groups), size=resamples).astype(np.float32)


def estimate(value: float, replicates: ArrayLike, level: float = LEVEL) -> Estimate:
    """replicates: [resamples], the figure in each; those in which it does not exist are left out."""
    values = np.asarray(replicates, dtype=np.float64)
    values = values[np.isfinite(values)]
    if not np.isfinite(value) or not len(values):
        return Estimate(value)
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(value, float(low), float(high))


def joint_level(comparisons: int, alarms: float = 0.05) -> float:
    """The level at which so many intervals of no difference hold zero, bar those above it, all at once.

    One of them lies wholly below zero in a share of at most `alarms`. Without it, a candidate as good as the
    champion is refused the more often, the more slices there are.
    """
    return 1 - 2 * alarms / max(comparisons, 1)
