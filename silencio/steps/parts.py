"""A training in parts, each of which may have a machine of its own: the members of an ensemble, or the one model.

parts = [train_part(house, name, catalog, windows) for name in members_of(house.experiment)]
checkpoint = join(house, catalog, windows, parts)

It comes to the checkpoint that `rounds.train` comes to.
"""

from collections.abc import Sequence

from silencio.handover import Handover
from silencio.progress import Tell, nobody
from silencio.steps import ensemble, rounds
from silencio.steps.house import House


def train_part(
    house: House, name: str, catalog: Handover, windows: Handover, tell: Tell = nobody
) -> Handover:
    """A single model with all its rounds; of an ensemble one member, which nobody judges by itself."""
    if _is_one(house):
        return rounds.train(house, catalog, windows, tell)
    return ensemble.train_member(house, name, windows, tell)


def join(
    house: House, catalog: Handover, windows: Handover, parts: Sequence[Handover], tell: Tell = nobody
) -> Handover:
    """An ensemble's members as one checkpoint. If its gates refuse that, further rounds are trained here."""
    if _is_one(house):
        (only,) = parts
        return only
    return rounds.train(house, catalog, windows, tell, ensemble.join(house, windows, parts))


def _is_one(house: House) -> bool:
    return house.experiment.model.architecture != ensemble.ENSEMBLE
