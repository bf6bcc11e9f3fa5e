"""Who learns together. The loop asks its team wherever several processes would have to agree.

Every process of a team runs the same loop on the same epochs in the same order. Of each batch it sees its own part,
and after each step all of them hold the same weights.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from torch import Tensor, nn
from torch.optim import Optimizer

from silencio.training.compute import Compute
from silencio.training.lesson import Rows


class Team(Protocol):
    @property
    def rank(self) -> int:
        """The first is 0: it writes and tells."""

    @property
    def size(self) -> int: ...

    def join(self, model: nn.Module, compute: Compute) -> nn.Module:
        """The model as the team holds it, where it is computed; before there is an optimizer of its weights."""

    def join_cost(self, cost: nn.Module) -> nn.Module:
        """What gives a batch's loss, so that going back through it leaves the mean of all gradients."""

    def total(self, numbers: Tensor) -> Tensor:
        """The sum over all."""

    def gather(self, part: Tensor) -> Tensor:
        """Parts of the same shape, [rows, …], one below the other in the order of ranks; on the CPU."""

    def settle(self, model: nn.Module) -> None:
        """What is no weight, such as batch norm's averages, is the first one's from here on."""

    def whole(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """A model's or an optimizer's state without any parting: what one process alone would hold."""

    def restore(self, model: nn.Module, state: Mapping[str, Tensor]) -> None:
        """Set to a whole state."""

    def restore_optimizer(self, optimizer: Optimizer, state: Mapping[str, Any]) -> None:
        """Set to a whole state."""


class Alone:
    """One process, which shares nothing."""

    rank, size = 0, 1

    def join(self, model: nn.Module, compute: Compute) -> nn.Module:
        return compute.place(model)

    def join_cost(self, cost: nn.Module) -> nn.Module:
        return cost

    def total(self, numbers: Tensor) -> Tensor:
        return numbers

    def gather(self, part: Tensor) -> Tensor:
        return part

    def settle(self, model: nn.Module) -> None: ...

    def whole(self, state: Mapping[str, Any]) -> dict[str, Any]:
        return dict(state)

    def restore(self, model: nn.Module, state: Mapping[str, Tensor]) -> None:
        model.load_state_dict(state)

    def restore_optimizer(self, optimizer: Optimizer, state: Mapping[str, Any]) -> None:
        optimizer.load_state_dict(dict(state))


ALONE = Alone()


def own_part(rows: Rows, team: Team) -> Rows:
    """Of a batch; parts differ by one window at most."""
    return np.array_split(rows, team.size)[team.rank]


def equal_part(rows: Rows, team: Team) -> Rows:
    """As long for every process, which may have to compute in step; the last ones repeat some of the first."""
    share = -(-len(rows) // team.size)
    return np.resize(rows, share * team.size)[team.rank * share :][:share]
