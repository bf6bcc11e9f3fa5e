"""Train: windows in, a sealed checkpoint out."""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from safetensors.torch import save_file

from silencio.data.species import write_species
from silencio.data.windows.store import Windows
from silencio.handover import Handover, Kind
from silencio.identity import code_digest, digest_of, git_commit, machine
from silencio.settings import Experiment
from silencio.training.checkpoint import EXPERIMENT, SPECIES, WEIGHTS
from silencio.training.epoch import Epoch
from silencio.training.loop import fit
from silencio.workspace import Workspace

STATE = "state.safetensors"


class Tracker(Protocol):
    """Where a training is written down while it goes on."""

    @property
    def run_id(self) -> str: ...

    def epoch(self, epoch: Epoch) -> None: ...

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
) -> Handover:
    inputs = {
        "windows": windows.handover.digest,
        "seed": experiment.seed,
        "secondary_weight": experiment.data.secondary_weight,
        "model": experiment.model.model_dump(mode="json"),
        "training": experiment.training.model_dump(mode="json"),
        "code": code_digest("models", "training"),
    }

    def build(folder: Path) -> Mapping[str, Any]:
        described = {**inputs, "commit": git_commit(), "machine": machine(), "experiment": experiment.name}
        with open_tracker(digest_of(inputs), described) as tracker:

            def tell(epoch: Epoch) -> None:
                tracker.epoch(epoch)
                on_epoch(epoch)

            weights, history = fit(experiment, windows, folder / STATE, tell)
            save_file(weights, folder / WEIGHTS)
            (folder / EXPERIMENT).write_text(experiment.to_yaml())
            write_species(windows.species, folder / SPECIES)
            (folder / "history.json").write_text(json.dumps([asdict(e) for e in history], indent=2) + "\n")
            for name in (WEIGHTS, EXPERIMENT, "history.json"):
                tracker.keep(folder / name)
            (folder / STATE).unlink()
            best = max(history, key=lambda e: e.validation_map)
            return {
                "run_id": tracker.run_id,
                "commit": git_commit(),
                "epochs": len(history),
                "validation_map": best.validation_map,
                "frontend": windows.front_end.model_dump(),
            }

    return workspace.produce(Kind.CHECKPOINT, inputs, build)
