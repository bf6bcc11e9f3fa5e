"""The training loop.

    trained = fit(experiment, Lesson.of(experiment, windows), Path("state.safetensors"), on_epoch=print)

Every epoch draws from a generator that is seeded by its number, and all else that changes is in the state: so a
training that goes on after a kill ends exactly where one that was never killed ends.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from silencio.data.windows.store import Windows
from silencio.errors import SilencioError, WrongUse
from silencio.models import build
from silencio.models.weights import begin_with
from silencio.settings import Experiment
from silencio.training.ahead import Clocked, ahead
from silencio.training.augment import Augment, Batch
from silencio.training.batches import batches, pictures, steps_of
from silencio.training.checkpoint import Checkpoint
from silencio.training.compute import Compute
from silencio.training.distributed.team import ALONE, Team, equal_part
from silencio.training.epoch import Epoch
from silencio.training.learner import Learner, Progress
from silencio.training.lesson import Lesson
from silencio.training.losses import Objective
from silencio.training.stopping import is_over
from silencio.training.targets import balanced_weights
from silencio.training.warm_start import inherit

OTHERS = 15_485_863
"""What lies between the seeds of a team's processes: more than epochs are ever counted."""


@dataclass(frozen=True)
class Trained:
    best: dict[str, Tensor]
    """The weights of the epoch with the best validation mAP; of the last one where nobody validates."""
    last: dict[str, Tensor]
    history: list[Epoch]


@dataclass(frozen=True)
class Word:
    """Of the validation part; None where nobody validates."""

    loss: float | None = None
    map: float | None = None


@dataclass(frozen=True)
class Pace:
    """Of one epoch's steps."""

    loss: float
    """Their mean."""
    windows_per_second: float
    wait_share: float


def fit(
    experiment: Experiment,
    lesson: Lesson,
    state: Path,
    on_epoch: Callable[[Epoch], None],
    weights: Path | None = None,
    ancestor: Checkpoint | None = None,
    team: Team = ALONE,
) -> Trained:
    """Goes on from `state` if it exists, else begins with the ancestor's weights, or with `weights`, or with none.

    Of a team, every process calls it with the same; the first one writes the state and tells of epochs.
    """
    settings = experiment.training
    compute = Compute.of(settings)
    compute.prepare(settings)
    torch.manual_seed(experiment.seed)
    model = build(experiment.model, lesson.windows.front_end.shape, len(lesson.windows.species))
    if ancestor and not state.exists():
        inherit(model, ancestor, experiment, lesson.windows.species)
    elif weights and not state.exists():
        begin_with(model, weights, experiment.model, lesson.windows.front_end)
    steps = steps_of(lesson.length, settings.batch_size)
    objective = make_objective(experiment, lesson)
    learner = Learner.of(model, objective, settings, compute, steps, team)
    augment = Augment(settings.augment, lesson)

    progress = Progress.load(state, learner)
    check_all_see(state, len(progress.history), team)
    while not is_over(progress.history, settings.epochs, settings.patience, settings.min_delta):
        number, began = len(progress.history), time.perf_counter()
        seed = experiment.seed * 100_003 + number
        torch.manual_seed(seed + OTHERS * team.rank)  # dropout's
        drawing = torch.Generator().manual_seed(seed)
        pace = train_epoch(learner, batches(lesson, steps, augment, compute, drawing, team))
        learner.settle()
        judged = validate(learner, lesson)
        rate = learner.optimizer.param_groups[0]["lr"]
        learner.schedule.after_epoch(judged.loss, judged.map)
        epoch = Epoch(
            number=number + 1,
            of=settings.epochs,
            loss=pace.loss,
            validation_loss=judged.loss,
            validation_map=judged.map,
            seconds=time.perf_counter() - began,
            windows_per_second=pace.windows_per_second,
            wait_share=pace.wait_share,
            learning_rate=rate,
        )
        progress.add(epoch, learner)
        progress.save(state, learner)
        if team.rank == 0:
            on_epoch(epoch)
    return Trained(progress.best, learner.weights(), progress.history)


def check_all_see(state: Path, epochs: int, team: Team) -> None:
    """Workers that stood at different epochs would wait for each other for ever."""
    found = team.gather(torch.tensor([epochs])).tolist()
    if len(set(found)) > 1:
        raise SilencioError(
            f"The workers do not see the same {state}: it holds {found} epochs, by their rank.",
            "Mount the workspace at the same path on every machine.",
        )


def make_objective(experiment: Experiment, lesson: Lesson) -> Objective:
    loss, windows = experiment.training.loss, lesson.windows
    if loss.name == "cross_entropy" and len(windows.species) < 2:
        raise WrongUse(
            f"training.loss.name is cross_entropy, which chooses, and there is only {windows.species[0].code}.",
            "Set it to bce, which asks whether it is there.",
        )
    balanced = loss.class_weights == "balanced"
    return Objective(loss, balanced_weights(windows.targets()[lesson.labelled]) if balanced else None)


def train_epoch(learner: Learner, made: Iterator[Batch]) -> Pace:
    learner.cost.train()
    began, seen, steps = time.perf_counter(), 0, 0
    # Summed where it is computed: to ask a GPU for each step's loss would make it wait for the answer.
    total = torch.zeros((), dtype=torch.float64, device=learner.compute.device)
    waiting = Clocked(made)
    for inputs, goals in waiting:
        total += learner.step(inputs, goals)
        seen += len(inputs)
        steps += 1
    said = torch.stack([total / steps, total.new_tensor(seen)])
    seconds = time.perf_counter() - began
    loss, windows = learner.team.total(said).tolist()
    return Pace(loss / learner.team.size, windows / seconds, waiting.waited / seconds)


def validate(learner: Learner, lesson: Lesson) -> Word:
    if not len(lesson.validation):
        return Word()
    truth = lesson.windows.targets()[lesson.validation]
    own = predict(learner.judged, lesson.windows, equal_part(lesson.validation, learner.team))
    logits = learner.team.gather(own)[: len(truth)]
    loss = float(learner.objective(logits, torch.from_numpy(truth)))
    return Word(loss, mean_average_precision(truth, learner.objective.ranked(logits)))


@torch.inference_mode()
def predict(model: nn.Module, windows: Windows, rows: NDArray[np.int64], batch: int = 64) -> Tensor:
    """Logits on the CPU, [rows, classes]; computed where the model is."""
    model.eval()
    device = next(model.parameters()).device
    read = ahead(pictures(windows, rows[i : i + batch]) for i in range(0, len(rows), batch))
    return torch.cat([model(inputs.to(device)).cpu() for inputs in read])


def mean_average_precision(truth: NDArray[np.float32], scores: Tensor) -> float:
    """Over the species that are there at all; only chooses the epoch, the report has its own figures."""
    # Whoever only predicts should not wait for it.
    from sklearn.metrics import average_precision_score

    if not torch.isfinite(scores).all():
        raise SilencioError(
            "The training diverged: the model's answers are no numbers any more.",
            "Lower training.learning_rate.",
        )
    there = truth.any(axis=0)
    if not there.any():
        return 0.0
    return float(
        average_precision_score(truth[:, there], scores[:, torch.from_numpy(there)], average="macro")
    )
