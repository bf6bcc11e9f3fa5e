"""Deal units of recordings out to parts: whole, about by the parts' shares, and each species alike.

An exact answer would have to try every deal. This one is greedy, as scikit-learn's StratifiedGroupKFold is, and
then moves single units for as long as that makes it better.
"""

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

MISSING = 10.0
"""What a species weighs that is not trained on: more than every part being off its share taken together."""
EMPTY = 2.0
"""What a part weighs that gets nothing: more than shares that are missed."""
ENOUGH = 1e-9
"""A deal that is better by less is not better: sums of floats differ by the order that they are made in."""


@dataclass(frozen=True)
class Unit:
    """What must stay together."""

    name: str
    recordings: int
    amounts: Mapping[str, float] = field(default_factory=dict)
    """How much of each species: a recording of its own counts 1, a voice in the background less."""


def deal(
    units: Collection[Unit],
    shares: Mapping[str, float],
    seed: int,
    taught: str | None = None,
    fixed: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The part of every unit. The order in which units come means nothing; the seed decides between equals.

    `taught` names the part that every species should be in, and `fixed` the parts of units that are dealt
    already. The shares are of all units, also of the fixed ones, and sum to 1.
    """
    fixed = fixed or {}
    by_name = sorted(units, key=lambda unit: unit.name)
    random.Random(seed).shuffle(by_name)
    table = _Table(by_name, shares, taught)
    for number, unit in enumerate(by_name):
        if unit.name in fixed:
            table.put(number, table.parts.index(fixed[unit.name]))
    # The largest first, while there is still room to make up for them; Python's sort keeps equals as shuffled.
    free = sorted(
        (number for number, unit in enumerate(by_name) if unit.name not in fixed),
        key=lambda number: -by_name[number].recordings,
    )
    for number in free:
        table.put(number, int(np.argmin(table.costs(number))))
    while sum(table.improve(number) for number in free):
        pass
    return {unit.name: table.parts[table.part_of[number]] for number, unit in enumerate(by_name)}


class _Table:
    """Who holds what, and what it would cost to give a part one unit more.

    The first column is of all recordings, the others of one species each. The cost of a deal is the squared
    distance between what each part holds of a column and its share, of all recordings once, of all species
    together once, so that rare species matter as much as common ones; and what is MISSING or EMPTY.
    """

    def __init__(self, units: list[Unit], shares: Mapping[str, float], taught: str | None) -> None:
        self.parts = list(shares)
        self.part_of: dict[int, int] = {}
        species = sorted({name for unit in units for name in unit.amounts})
        column = {name: number for number, name in enumerate(species, start=1)}
        self._columns = [np.array([0, *(column[s] for s in unit.amounts)]) for unit in units]
        counted = [np.array([unit.recordings, *unit.amounts.values()], float) for unit in units]
        totals = np.zeros(1 + len(species))
        for columns, amounts in zip(self._columns, counted, strict=True):
            totals[columns] += amounts
        self._totals = np.maximum(totals, ENOUGH)
        self._amounts = [a / self._totals[c] for c, a in zip(self._columns, counted, strict=True)]
        self._weights = np.array([1.0, *(1 / len(species) for _ in species)])
        self._shares = np.array(list(shares.values()))[:, None]
        self._held = np.zeros((len(shares), len(totals)))  # shares of a column's total, [parts, columns]
        self._units = np.zeros(len(shares), int)
        self._taught = self.parts.index(taught) if taught else None
        # One recording of a species, in which it is the one that is meant, is enough not to be missing.
        self._wanted = np.minimum(1, totals) / self._totals
        self._wanted[0] = 0

    def put(self, unit: int, part: int) -> None:
        self._held[part, self._columns[unit]] += self._amounts[unit]
        self._units[part] += 1
        self.part_of[unit] = part

    def take(self, unit: int) -> int:
        part = self.part_of.pop(unit)
        self._held[part, self._columns[unit]] -= self._amounts[unit]
        self._units[part] -= 1
        return part

    def costs(self, unit: int) -> NDArray[np.float64]:
        """What the whole deal costs more if this unit is put into each of the parts, [parts]."""
        columns, amounts = self._columns[unit], self._amounts[unit]
        held = self._held[:, columns]
        change = self._weights[columns] * amounts * (2 * (held - self._shares) + amounts)
        costs: NDArray[np.float64] = change.sum(axis=1)
        costs -= EMPTY * (self._units == 0)
        if self._taught is not None:
            before = np.maximum(self._wanted[columns] - held[self._taught], 0)
            after = np.maximum(self._wanted[columns] - held[self._taught] - amounts, 0)
            # In recordings again, so that a common species' last one counts no less than a rare one's.
            costs[self._taught] -= MISSING * ((before - after) * self._totals[columns]).sum()
        return costs

    def improve(self, unit: int) -> bool:
        """Put the unit where it is best. Whether that is somewhere else."""
        part = self.take(unit)
        costs = self.costs(unit)
        best = int(np.argmin(costs))
        better = bool(costs[best] < costs[part] - ENOUGH)
        self.put(unit, best if better else part)
        return better
