"""Train: windows in, a sealed checkpoint out."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from statistics import median
from typing import Any, Protocol

from safetensors.torch import save_file

from silencio.data.species import write_species
from silencio.data.windows.store import Windows
from silencio.handover import Handover, Kind
from silencio.identity import code_digest, digest_of, digest_of_file, git_commit, machine
from silencio.settings import Experiment
from silencio.training.checkpoint import EXPERIMENT, LAST, SPECIES, WEIGHTS, Checkpoint
from silencio.training.compute import Compute
from silencio.training.epoch import Epoch
from silencio.training.lesson import Lesson
from silencio.training.loop import Trained, fit
from silencio.training.self_training import overhear, round_of, unlabelled
from silencio.training.warm_start import Ancestor
from silencio.workspace import Workspace

log = logging.getLogger(__name__)

STATE, HISTORY, INPUTS = "state.safetensors", "history.json", "inputs.json"
"""`INPUTS` are kept with the checkpoint where it is tracked, for whoever finds it there alone."""


class Tracker(Protocol):
    """Where a training is written down while it goes on."""

    @property
    def run_id(self) -> str: ...

    def epoch(self, epoch: Epoch) -> None:
        """Draw its `figures` over the epochs."""

    def keep(self, path: Path) -> None:
        """Keep a file of the result."""


OpenTracker = Callable[[str, Mapping[str, Any]], AbstractContextManager[Tracker]]
"""(key, what shapes the training) to a tracker; the same key continues the same run."""


def train(
    experiment: Experiment,
    windows: Windows,
    workspace: Workspace,
    open_tracker: OpenTracker,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    weights: Path | None = None,
    ancestor: Ancestor | None = None,
) -> Handover:
    """`weights` is the file that `experiment.model.weights` names, brought to this machine; `ancestor` the champion's
    checkpoint, where the experiment asks for a warm start and there is one.

    Of a training in rounds: the checkpoint that did best on validation, the last where nobody validates.
    """
    rounds = experiment.training.self_training.rounds
    if rounds:
        unlabelled(windows, experiment.training.self_training)
    made: list[Handover] = []
    for number in range(rounds + 1):
        if rounds:
            log.info("round %d of %d%s", number, rounds, ": its teacher is the last" if number else "")
        teacher = Checkpoint(made[-1]) if made else None
        asked = round_of(experiment, number)
        made.append(train_once(asked, windows, workspace, open_tracker, on_epoch, weights, ancestor, teacher))
    # Of equals the last.
    number = max(range(rounds + 1), key=lambda n: (made[n].facts["validation_map"] or 0.0, n))
    if rounds:
        log.info("round %d is the result", number)
    return made[number]


def train_once(
    experiment: Experiment,
    windows: Windows,
    workspace: Workspace,
    open_tracker: OpenTracker,
    on_epoch: Callable[[Epoch], None],
    weights: Path | None,
    ancestor: Ancestor | None,
    teacher: Checkpoint | None,
) -> Handover:
    """One checkpoint: a round of a training in rounds, or all of another."""
    lesson = lesson_of(experiment, windows, ancestor)
    inputs = inputs_of(
        experiment,
        windows,
        weights,
        ancestor.digest if ancestor else None,
        teacher.handover.digest if teacher else None,
    )

    def build(folder: Path) -> Mapping[str, Any]:
        described = {**inputs, "commit": git_commit(), "machine": machine(), "experiment": experiment.name}
        with open_tracker(digest_of(inputs), described) as tracker:

            def tell(epoch: Epoch) -> None:
                tracker.epoch(epoch)
                on_epoch(epoch)

            if experiment.training.warm_start and ancestor is None:
                log.info("there is no champion to begin with: training from scratch, on everything")
            taught = overhear(lesson, teacher, experiment.training) if teacher else lesson
            begun = (folder / STATE).exists()
            begin = ancestor.open() if ancestor and not begun else None
            trained = fit(experiment, taught, folder / STATE, tell, weights, begin)
            write(trained, experiment, folder)
            write_species(windows.species, folder / SPECIES)
            (folder / INPUTS).write_text(json.dumps(inputs, indent=2) + "\n")
            for path in sorted(folder.iterdir()):
                if not path.name.startswith(Path(STATE).stem):
                    tracker.keep(path)
            # A checkpoint is what was learnt: which inputs led to it stands in its facts.
            (folder / INPUTS).unlink()
            (folder / STATE).unlink()
            return {
                "run_id": tracker.run_id,
                "commit": git_commit(),
                "frontend": windows.front_end.model_dump(),
                "round": experiment.training.self_training.rounds,
                **facts_of(trained.history),
            }

    return workspace.produce(Kind.CHECKPOINT, inputs, build)


def lesson_of(experiment: Experiment, windows: Windows, ancestor: Ancestor | None) -> Lesson:
    """Without a champion, a retraining has nothing yet that it could forget: it learns from all eras."""
    settings = experiment.training
    if settings.warm_start and ancestor is None:
        scratch = settings.model_copy(update={"era": "all"})
        return Lesson.of(experiment.model_copy(update={"training": scratch}), windows)
    return Lesson.of(experiment, windows)


def inputs_of(
    experiment: Experiment, windows: Windows, weights: Path | None, ancestor: str | None, teacher: str | None
) -> dict[str, Any]:
    """All that shapes a checkpoint; `ancestor` and `teacher` are the digests of others."""
    return {
        "windows": windows.handover.digest,
        "seed": experiment.seed,
        "secondary_weight": experiment.data.secondary_weight,
        "model": experiment.model.model_dump(mode="json"),
        "training": experiment.training.model_dump(mode="json"),
        "weights": digest_of_file(weights) if weights else None,
        "ancestor": ancestor,
        "teacher": teacher,
        "device": Compute.of(experiment.training).device.type,
        "code": code_digest("models", "training"),
    }


def is_a_round_of(
    experiment: Experiment, windows: Windows, weights: Path | None, inputs: Mapping[str, Any]
) -> bool:
    """Whether a checkpoint of these inputs came from this very training, or from a round of it."""
    others = inputs.get("ancestor"), inputs.get("teacher")
    return any(
        inputs_of(round_of(experiment, number), windows, weights, *others) == inputs
        for number in range(experiment.training.self_training.rounds + 1)
    )


def write(trained: Trained, experiment: Experiment, folder: Path) -> None:
    save_file(trained.best, folder / WEIGHTS)
    if experiment.training.keep_last:
        save_file(trained.last, folder / LAST)
    (folder / EXPERIMENT).write_text(experiment.to_yaml())
    history = [epoch.learnt() for epoch in trained.history]
    (folder / HISTORY).write_text(json.dumps(history, indent=2) + "\n")


def facts_of(history: Sequence[Epoch]) -> dict[str, Any]:
    """What the training came to; how fast it was stands here, for no digest covers facts."""
    return {
        "epochs": len(history),
        "stopped_early": len(history) < history[-1].of,
        "validation_map": max(
            (e.validation_map for e in history if e.validation_map is not None), default=None
        ),
        "windows_per_second": median(epoch.windows_per_second for epoch in history),
        "wait_share": median(epoch.wait_share for epoch in history),
    }
