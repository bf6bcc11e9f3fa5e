"""Trials without a training: how one does follows from what was drawn for it."""

from pathlib import Path

from silencio.errors import SilencioError
from silencio.progress import Progress
from silencio.settings import Experiment
from silencio.training.epoch import Epoch
from silencio.training.tuning.search import Hear, Outcome, Search
from silencio.training.tuning.study import Study, Tried
from tests.stores import make_experiment

EPOCHS = 4
SPACE = """
tuning:
  space:
    training.learning_rate: {low: 0.01, high: 1.0, log: true}
    model.dropout: {low: 0.0, high: 0.5}
    training.optimizer: {choices: [SGD, Adam]}
  startup_trials: 3
  minimum_epochs: 2
"""


def searched(text: str = SPACE) -> Experiment:
    return make_experiment(text)


def figure(experiment: Experiment, epoch: int) -> float:
    """The less is dropped the better; the learning rate hardly matters."""
    return (1 - experiment.model.dropout) * epoch / EPOCHS + 0.001 * experiment.training.learning_rate


def attempt(number: int, experiment: Experiment, hear: Hear) -> Outcome:
    if experiment.training.optimizer == "Adam" and experiment.model.dropout > 0.4:
        raise SilencioError("It diverged.", "Lower something.")
    for epoch in range(1, EPOCHS + 1):
        hear(epoch_of(experiment, epoch), f"{number:064d}")
    history = [figure(experiment, epoch) for epoch in range(1, EPOCHS + 1)]
    return Outcome(max(history), history)


def epoch_of(experiment: Experiment, number: int) -> Epoch:
    return Epoch(number, EPOCHS, 0.5, 0.5, figure(experiment, number), 1.0, 100.0, 0.0)


def search_in(study: Study, trials: int, made: object = attempt, over: list[Tried] | None = None) -> Search:
    told: list[Progress] = []
    heard = over if over is not None else []
    return Search(study, made, trials, told.append, heard.append)  # type: ignore[arg-type]


def folder_of(tmp_path: Path) -> Path:
    return tmp_path / "study"
