"""A training that watching asked for, within a pipeline's run: that it began, and how it ended."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from silencio.errors import GateRefused, SilencioError
from silencio.monitoring.memory import Memory
from silencio.steps.house import House
from silencio.steps.notice import Outcome

if TYPE_CHECKING:
    from silencio.monitoring.act import Action
    from silencio.monitoring.reasons import Reason

MEMORY = "records"
ENDED: dict[Outcome, int] = {
    "passed": 0,
    "refused": GateRefused.exit_code,
    "failed": SilencioError.exit_code,
    "stopped": 130,
}
"""As the exit codes of `silencio pipeline run` tell it."""


def memory_of(house: House) -> Memory:
    return Memory(house.workspace / MEMORY, house.experiment.name)


def begin(house: House, reasons: "Sequence[Reason]", run: str) -> "Action":
    """Whether the run is to train: one at a time, not too often, and for the same reasons once."""
    from silencio.monitoring.act import begin_inside
    from silencio.monitoring.inside import Inside

    now = datetime.now(UTC)
    settings = house.experiment.monitoring
    return begin_inside(reasons, memory_of(house), settings, Inside.here(run, now), now)


def end(house: House, run: str, outcome: Outcome) -> None:
    """Nothing is written of a run that watching did not ask to train."""
    memory_of(house).end_inside(run, ENDED[outcome])
