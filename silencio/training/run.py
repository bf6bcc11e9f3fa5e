"""Train: windows in, a sealed checkpoint out."""

import json
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
from silencio.training.checkpoint import EXPERIMENT, LAST, SPECIES, WEIGHTS
from silencio.training.compute import Compute
from silencio.training.epoch import Epoch
from silencio.training.lesson import Lesson
from silencio.training.loop import Trained, fit
from silencio.workspace import Workspace

STATE, HISTORY = "state.safetensors", "history.json"


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
        described = {**inputs, "commit": git_commit(), "machine": machine(), "experiment": experiment.name}
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
                "run_id": tracker.run_id,
                "commit": git_commit(),
                "frontend": windows.front_end.model_dump(mode="json"),
                **facts_of(trained.history),
            }

    return workspace.produce(Kind.CHECKPOINT, inputs, build)


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
