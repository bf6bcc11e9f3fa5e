"""The training loop on a Ray cluster, by Ray Train.

The workers read the windows and write the state where this process would: they see the same folders. Whoever of them
dies takes the others along, and all go on from the last whole epoch; if this process dies, the next one does that.
"""

import logging
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ray.train import FailureConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchTrainer
from ray.train.v2.api.exceptions import TrainingFailedError
from ray.util.queue import Empty, Queue

from silencio.cluster.meet import met
from silencio.errors import SilencioError, WrongUse
from silencio.settings import Experiment, Training
from silencio.training.checkpoint import Checkpoint
from silencio.training.compute import kind_of_device
from silencio.training.distributed.together import check_workers, team_of
from silencio.training.epoch import Epoch
from silencio.training.lesson import Lesson
from silencio.training.loop import Trained, fit

log = logging.getLogger(__name__)

DEATHS = 3
"""Of workers, that a training outlives. A fault that comes back as often is no accident."""


@dataclass(frozen=True)
class Task:
    """What every worker is told."""

    experiment: Experiment
    lesson: Lesson
    state: Path
    weights: Path | None
    ancestor: Checkpoint | None
    told: Queue
    """Where the first worker tells that it begins, and of every epoch."""


BEGUN = "begun"


@dataclass(frozen=True)
class Refused:
    """What the workers were asked cannot be: to ask again would not help."""

    problem: str
    remedy: str


def fit_on_ray(
    experiment: Experiment,
    lesson: Lesson,
    state: Path,
    on_epoch: Callable[[Epoch], None],
    weights: Path | None = None,
    ancestor: Checkpoint | None = None,
    address: str | None = None,
) -> Trained:
    """As `fit`, by the workers that the settings ask for; epochs are told here as they end."""
    settings = experiment.training
    workers = settings.workers or 1
    check_workers(settings, workers)
    with met(address, workers * settings.threads), _folder(state.with_name("ray")) as folder:
        told = Queue(actor_options={"num_cpus": 0})
        task = Task(experiment, lesson, state.resolve(), weights, ancestor, told)
        trainer = TorchTrainer(
            _work,  # type: ignore[arg-type]  # Ray's type knows of no answer, and its result has one
            train_loop_config={"task": task},
            scaling_config=_scaling(settings, workers),
            run_config=RunConfig(
                name="training", storage_path=str(folder), failure_config=FailureConfig(max_failures=DEATHS)
            ),
        )
        # Ray's fit waits until all is over, and epochs are to be told before that.
        aside = ThreadPoolExecutor(1)
        try:
            outcome = _outcome(aside.submit(trainer.fit), told, on_epoch)
        finally:
            aside.shutdown(wait=False)  # interrupted, it ends with the cluster
    if isinstance(outcome, Refused):
        raise WrongUse(outcome.problem, outcome.remedy)
    return outcome


@contextmanager
def _folder(path: Path) -> Iterator[Path]:
    """For what Ray writes on its own account, and reads again if it is still there: no part of a hand-over."""
    path = path.resolve()
    shutil.rmtree(path, ignore_errors=True)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _scaling(settings: Training, workers: int) -> ScalingConfig:
    import ray

    there, gpus = ray.cluster_resources(), kind_of_device(settings) == "cuda"
    asked = {"CPU": workers * settings.threads, "GPU": workers if gpus else 0}
    if missing := [kind for kind, count in asked.items() if there.get(kind, 0) < count]:
        # A cluster that grows with what is asked of it may have them soon.
        log.warning(
            "the cluster has %s, and %d workers ask for %s: waiting until it has more",
            {kind: there.get(kind, 0) for kind in missing},
            workers,
            {kind: asked[kind] for kind in missing},
        )
    each = {kind: count / workers for kind, count in asked.items() if count}
    return ScalingConfig(num_workers=workers, use_gpu=gpus, resources_per_worker=each)


def _outcome(running: "Future[Any]", told: Queue, on_epoch: Callable[[Epoch], None]) -> Trained | Refused:
    epochs = begun = 0
    while not (running.done() and told.empty()):
        with suppress(Empty):
            word = told.get(timeout=0.5)
            if isinstance(word, Epoch):
                epochs = word.number
                on_epoch(word)
            else:
                begun += 1
                if begun > 1:
                    log.warning("a worker died; all of them go on after epoch %d", epochs)
    try:
        outcome: Trained | Refused = running.result().return_value
    except TrainingFailedError as error:
        raise SilencioError(
            f"The workers on Ray failed {DEATHS + 1} times, at last so: {error}",
            "What they finished is kept: once the cause is gone, train again, and it goes on. "
            "If memory ran out, take fewer workers on a machine.",
        ) from error
    return outcome


def _work(config: dict[str, Task]) -> Trained | Refused | None:
    """In each worker, whose processes torch.distributed has brought together; the first one's answer counts."""
    task = config["task"]
    try:
        team = team_of(task.experiment.training)
        if team.rank == 0:
            task.told.put(BEGUN)
        trained = fit(
            task.experiment, task.lesson, task.state, task.told.put, task.weights, task.ancestor, team
        )
        return trained if team.rank == 0 else None
    except SilencioError as error:
        return Refused(error.problem, error.remedy)
