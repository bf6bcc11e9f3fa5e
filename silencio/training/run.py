"""Train: windows in, a sealed checkpoint out."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from safetensors.torch import save_file

from silencio.data.species import write_species
from silencio.data.windows.store import Windows
from silencio.handover import Handover, Kind
from silencio.identity import code_digest, digest_of, digest_of_file, git_commit
from silencio.settings import Experiment
from silencio.training.checkpoint import EXPERIMENT, LAST, SPECIES, WEIGHTS
from silencio.training.compute import Compute
from silencio.training.epoch import Epoch
from silencio.training.lesson import Lesson
from silencio.training.loop import Trained, fit
from silencio.training.tracker import Described, OpenTracker
from silencio.workspace import Workspace

STATE, HISTORY = "state.safetensors", "history.json"


def train(
    experiment: Experiment,
    windows: Windows,
    workspace: Workspace,
    open_tracker: OpenTracker,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    weights: Path | None = None,
) -> Handover:
    """`weights` is the file that `experiment.model.weights` names, brought to this machine."""
    lesson = Lesson.of(experiment, windows)
    inputs = {
        "windows": windows.handover.digest,
        "seed": experiment.seed,
        "secondary_weight": experiment.data.secondary_weight,
        "model": experiment.model.model_dump(mode="json"),
        "training": experiment.training.model_dump(mode="json"),
        "weights": digest_of_file(weights) if weights else None,
        "device": Compute.of(experiment.training).device.type,
        "code": code_digest("models", "training"),
    }

    def build(folder: Path) -> Mapping[str, Any]:
        data = {kind: digest for kind, digest in learnt_from(windows).items() if digest}
        described = Described(experiment.name, {**experiment.model_dump(mode="json"), **inputs}, data)
        with open_tracker(digest_of(inputs), described) as tracker:

            def tell(epoch: Epoch) -> None:
                tracker.epoch(epoch)
                on_epoch(epoch)

            trained = fit(experiment, lesson, folder / STATE, tell, weights)
            write(trained, experiment, folder)
            write_species(windows.species, folder / SPECIES)
            for name in (WEIGHTS, EXPERIMENT, HISTORY):
                tracker.keep(folder / name)
            (folder / STATE).unlink()
            return {
                "run": tracker.key,
                "run_id": tracker.run_id,
                "commit": git_commit(),
                "frontend": windows.front_end.model_dump(mode="json"),
                **facts_of(trained.history),
            }

    return workspace.produce(Kind.CHECKPOINT, inputs, build)


def learnt_from(windows: Windows) -> dict[str, str | None]:
    made_of = windows.handover.facts.get("inputs", {})
    return {"windows": windows.handover.digest, "catalog": made_of.get("catalog")}


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
