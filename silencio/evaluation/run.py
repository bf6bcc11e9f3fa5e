"""Evaluate: a checkpoint and its windows in, a sealed report out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from silencio.data.windows.store import Windows
from silencio.errors import SilencioError
from silencio.evaluation.evaluate import evaluate
from silencio.evaluation.judged import Judged, judged_on
from silencio.evaluation.report import write_report
from silencio.evaluation.truth import Scores
from silencio.handover import Handover, Kind
from silencio.identity import code_digest, git_commit, machine
from silencio.settings import Experiment
from silencio.training.checkpoint import Checkpoint
from silencio.training.loop import predict
from silencio.workspace import Workspace


@dataclass(frozen=True)
class Champion:
    """The model that serves production now."""

    digest: str
    """Of its bundle."""
    scores: Callable[[Judged], Scores]
    """What it says of the same windows, in the order of their truth's labels."""


def evaluate_checkpoint(
    experiment: Experiment,
    windows: Windows,
    checkpoint: Checkpoint,
    workspace: Workspace,
    champion: Champion | None,
) -> Handover:
    inputs = {
        "windows": windows.handover.digest,
        "checkpoint": checkpoint.handover.digest,
        "evaluation": experiment.evaluation.model_dump(mode="json"),
        "seed": experiment.seed,
        "champion": champion.digest if champion else None,
        "code": code_digest("evaluation"),
    }

    def build(folder: Path) -> Mapping[str, Any]:
        judged = judged_on(windows, "test")
        candidate = checkpoint_scores(checkpoint, windows, judged)
        before = champion.scores(judged) if champion else None
        result = evaluate(judged.truth, candidate, experiment.evaluation, before, experiment.seed)
        write_report(
            folder, result, judged.truth, candidate, identity(experiment, windows, checkpoint, champion)
        )
        return {
            "decision": result.decision.value,
            "map": result.figure().candidate.value,
            "roc_auc": result.figure(metric="roc_auc").candidate.value,
            "gates": {f"{g.name} on {g.slice}": g.verdict.value for g in result.gates},
        }

    return workspace.produce(Kind.REPORT, inputs, build)


def checkpoint_scores(checkpoint: Checkpoint, windows: Windows, judged: Judged) -> Scores:
    if checkpoint.species != windows.species:
        raise SilencioError(
            "The checkpoint was trained on other species than the windows are labelled with.",
            "Train on these windows, or evaluate on those that it was trained on.",
        )
    logits = predict(checkpoint.model(), windows, judged.rows)
    return torch.sigmoid(logits).numpy().astype(np.float32)


def identity(
    experiment: Experiment, windows: Windows, checkpoint: Checkpoint, champion: Champion | None
) -> dict[str, Any]:
    """What a reader must know to make the same report again."""
    return {
        "experiment": experiment.name,
        "catalog": windows.handover.facts["inputs"]["catalog"],
        "windows": windows.handover.digest,
        "checkpoint": checkpoint.handover.digest,
        "champion": champion.digest if champion else "none yet",
        "commit": git_commit(),
        "machine": machine()["processor"],
    }
