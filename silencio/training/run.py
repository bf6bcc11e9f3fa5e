"""Train: windows in, a sealed checkpoint out."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from safetensors.torch import save_file

from silencio.data.species import write_species
from silencio.data.windows.store import Windows
from silencio.errors import WrongUse
from silencio.handover import Handover, Kind
from silencio.identity import code_digest, digest_of, digest_of_file, git_commit
from silencio.settings import Experiment
from silencio.training.checkpoint import EXPERIMENT, LAST, SPECIES, WEIGHTS, Checkpoint
from silencio.training.compute import kind_of_device
from silencio.training.epoch import Epoch
from silencio.training.lesson import Lesson
from silencio.training.loop import Trained, fit
from silencio.training.plots import draw_curves
from silencio.training.self_training import overhear, round_of, unlabelled
from silencio.training.tracker import Described, OpenTracker
from silencio.training.warm_start import Ancestor
from silencio.workspace import Workspace

log = logging.getLogger(__name__)

STATE, HISTORY, INPUTS = "state.safetensors", "history.json", "inputs.json"
"""`INPUTS` are kept with the checkpoint where it is tracked, for whoever finds it there alone."""


def train(
    experiment: Experiment,
    windows: Windows,
    workspace: Workspace,
    open_tracker: OpenTracker,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    weights: Path | None = None,
    ancestor: Ancestor | None = None,
    cluster: str | None = None,
) -> Handover:
    """`weights` is the file that `experiment.model.weights` names, brought to this machine; `ancestor` the champion's
    checkpoint, where the experiment asks for a warm start and there is one; `cluster` the address of a Ray cluster,
    for a training by workers.

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
        made.append(
            train_once(asked, windows, workspace, open_tracker, on_epoch, weights, ancestor, teacher, cluster)
        )
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
    cluster: str | None,
) -> Handover:
    """One checkpoint: a round of a training in rounds, or all of another."""
    asked = as_begun(experiment, ancestor)
    lesson = Lesson.of(asked, windows)
    inputs = inputs_of(
        experiment,
        windows,
        weights,
        ancestor.digest if ancestor else None,
        teacher.handover.digest if teacher else None,
    )

    def build(folder: Path) -> Mapping[str, Any]:
        data = {kind: digest for kind, digest in learnt_from(windows).items() if digest}
        described = Described(experiment.name, {**experiment.model_dump(mode="json"), **inputs}, data)
        with open_tracker(digest_of(inputs), described) as tracker:

            def tell(epoch: Epoch) -> None:
                tracker.epoch(epoch)
                on_epoch(epoch)

            if experiment.training.warm_start and ancestor is None:
                log.info("there is no champion to begin with: training from scratch, on everything")
            taught = overhear(lesson, teacher, experiment.training) if teacher else lesson
            begun = (folder / STATE).exists()
            begin = ancestor.open() if ancestor and not begun else None
            learn = fit if experiment.training.workers is None else by_workers(cluster)
            trained = learn(asked, taught, folder / STATE, tell, weights, begin)
            write(trained, experiment, folder)
            write_species(windows.species, folder / SPECIES)
            # A kill between an epoch's end and its word left one untold; those that are told are not told twice.
            for epoch in trained.history:
                tracker.epoch(epoch)
            (folder / INPUTS).write_text(json.dumps(inputs, indent=2) + "\n")
            kept = (
                WEIGHTS,
                *((LAST,) if experiment.training.keep_last else ()),
                EXPERIMENT,
                SPECIES,
                HISTORY,
            )
            for name in (*kept, INPUTS):
                tracker.keep(folder / name)
            # A checkpoint is what was learnt: which inputs led to it stands in its facts.
            (folder / INPUTS).unlink()
            picture = curves_of(workspace, digest_of(inputs))
            tracker.keep(draw_curves(trained.history, experiment.name, picture), "plots")
            facts = {
                "run": tracker.key,
                "run_id": tracker.run_id,
                "commit": git_commit(),
                "frontend": windows.front_end.model_dump(mode="json"),
                "round": experiment.training.self_training.rounds,
                **facts_of(trained.history),
            }
        # Not before the tracker is done, which may wait for its server: a kill meanwhile costs no epoch.
        (folder / STATE).unlink()
        return facts

    return workspace.produce(Kind.CHECKPOINT, inputs, build)


def curves_of(workspace: Workspace, key: str) -> Path:
    """The picture of a training's curves; beside the checkpoint, not in it, for it also shows how fast it went."""
    return workspace / "reports/training" / f"{key[:16]}.png"


def learnt_from(windows: Windows) -> dict[str, str | None]:
    made_of = windows.handover.facts.get("inputs", {})
    return {"windows": windows.handover.digest, "catalog": made_of.get("catalog")}


def by_workers(cluster: str | None) -> Callable[..., Trained]:
    """The loop on a Ray cluster; without an address, on one of this machine alone."""
    try:
        from silencio.training.distributed.on_ray import fit_on_ray
    except ImportError as error:
        raise WrongUse(
            f"training.workers needs Ray, which is not installed here ({error}).",
            "Install silencio[distributed], or leave training.workers out.",
        ) from error
    return partial(fit_on_ray, address=cluster)


def as_begun(experiment: Experiment, ancestor: Ancestor | None) -> Experiment:
    """What it asks of a training that begins with a champion, or without one: then a retraining has nothing yet that it
    could forget, and learns from all eras."""
    settings = experiment.training
    if not settings.warm_start:
        return experiment
    if ancestor is None:
        changed = settings.model_copy(update={"era": "all"})
    else:
        changed = settings.model_copy(
            update={
                "epochs": settings.warm_epochs or settings.epochs,
                "learning_rate": settings.warm_learning_rate or settings.learning_rate,
            }
        )
    return experiment.model_copy(update={"training": changed})


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
        "device": kind_of_device(experiment.training),
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
    best = max(history, key=lambda epoch: (epoch.validation_map or 0.0, epoch.number))
    return {
        "epochs": len(history),
        "stopped_early": len(history) < history[-1].of,
        "best_epoch": best.number,
        "validation_map": best.validation_map,
        "seconds": sum(epoch.seconds for epoch in history),
        "windows_per_second": median(epoch.windows_per_second for epoch in history),
        "wait_share": median(epoch.wait_share for epoch in history),
    }
