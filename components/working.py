"""A step at its work."""

from collections.abc import Iterator
from contextlib import contextmanager

from silencio.steps import notice
from silencio.steps.house import House


@contextmanager
def working(step: str, experiment: str, workspace: str) -> Iterator[House]:
    """The house that a step works in. If it breaks, that is written down for who tells how the run ended."""
    house = House.of(experiment, workspace)
    try:
        yield house
    except Exception as error:
        notice.broke(house, step, error)
        raise
