"""Retraining: from the champion's weights, on what is newer, and what that gained and lost."""

from collections.abc import Mapping
from dataclasses import dataclass

from silencio.handover import Handover
from silencio.progress import Tell, nobody
from silencio.settings import Experiment
from silencio.steps import build
from silencio.steps.house import House

RETRAINING = {"training.warm_start": "true", "training.era": "newer"}
"""What makes a training a retraining."""


@dataclass(frozen=True)
class Retrained:
    checkpoint: Handover
    report: Handover | None
    """What was gained and lost, see `silencio.evaluation.eras`; None without a champion to compare with."""


def changes_to_retrain(origins: Mapping[tuple[str, ...], str]) -> list[str]:
    """`RETRAINING`, but for what somebody set otherwise: `origins` are those of an experiment's values."""
    return [f"{key}={value}" for key, value in RETRAINING.items() if tuple(key.split(".")) not in origins]


def retrain(house: House, catalog: Handover, windows: Handover, tell: Tell = nobody) -> Retrained:
    """Train as the experiment says, and compare with the champion, era by era."""
    checkpoint = build.train(house, windows, tell)
    champion = build.champion(house, checkpoint)
    return Retrained(checkpoint, eras(house, catalog, windows, checkpoint, champion) if champion else None)


def eras(
    house: House, catalog: Handover, windows: Handover, checkpoint: Handover, champion: Handover
) -> Handover:
    from silencio.data.windows.store import Windows
    from silencio.evaluation.eras import report_eras
    from silencio.optimize.bundle import Bundle
    from silencio.optimize.champion import champion_of
    from silencio.training.checkpoint import Checkpoint

    store = Windows.open(windows)
    rival = champion_of(Bundle(champion), catalog, store, house.workspace)
    return report_eras(house.experiment, store, Checkpoint(checkpoint), house.workspace, rival)


def simulate(house: House, windows: Handover, retraining: Experiment, tell: Tell = nobody) -> Retrained:
    """As if time went on: a champion that learnt from the older era only, then its retraining on the newer one.

    `house.experiment` says how the champion learns, `retraining` how it is retrained; which era either has, and with
    what it begins, is set here. Nothing is registered.
    """
    from silencio.data.windows.store import Windows
    from silencio.evaluation.eras import report_eras
    from silencio.evaluation.run import contestant_of
    from silencio.training.checkpoint import Checkpoint
    from silencio.training.warm_start import Ancestor

    store = Windows.open(windows)
    champion = Checkpoint(build.fit(house, _with(house.experiment, "older", False), store, None, tell))
    asked = _with(retraining, "newer", True)
    retrained = build.fit(house, asked, store, Ancestor.of(champion), tell)
    before = contestant_of(champion, store)
    report = report_eras(asked, store, Checkpoint(retrained), house.workspace, before)
    return Retrained(retrained, report)


def _with(experiment: Experiment, era: str, warm_start: bool) -> Experiment:
    training = experiment.training.model_copy(update={"era": era, "warm_start": warm_start})
    return experiment.model_copy(update={"training": training})
