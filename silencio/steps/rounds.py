"""Another training where the gates say no: from another seed each time, and never more of them than was asked for."""

import logging
from dataclasses import replace

from silencio.handover import Handover
from silencio.progress import Progress, Tell, nobody
from silencio.steps import build
from silencio.steps.house import House

log = logging.getLogger(__name__)

APART = 1000
"""Between the seeds of two rounds: the members of an ensemble take those that follow its own."""


def train(
    house: House, catalog: Handover, windows: Handover, tell: Tell = nobody, first: Handover | None = None
) -> Handover:
    """The checkpoint of the first round that is not refused; of the last one where all are.

    `first` is what the first round came to, if it was trained elsewhere. Evidence that is too thin to decide on stays
    as thin after another training: inconclusive ends the rounds too.
    """
    rounds = house.experiment.evaluation.rounds
    for number in range(rounds + 1):
        told = _of_round(tell, number, rounds)
        trained_before = first if number == 0 else None
        checkpoint = trained_before or build.train(_round(house, number), windows, told)
        if number == rounds:
            break
        champion = build.champion(house, checkpoint)
        report = build.evaluate(house, catalog, windows, checkpoint, champion)
        if report.facts["decision"] != "fail":
            break
        log.info("round %d of %d is refused by its gates: training again", number + 1, rounds + 1)
    return checkpoint


def _round(house: House, number: int) -> House:
    seed = house.experiment.seed + APART * number
    return replace(house, experiment=house.experiment.model_copy(update={"seed": seed}))


def _of_round(tell: Tell, number: int, rounds: int) -> Tell:
    def told(progress: Progress) -> None:
        what = f"{progress.what}, round {number + 1} of at most {rounds + 1}" if rounds else progress.what
        tell(Progress(progress.done, progress.of, what))

    return told
