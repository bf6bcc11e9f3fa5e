"""Evaluate: a checkpoint and its windows in, a sealed report out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from silencio.audio.pictures import as_pictures
from silencio.data.windows.store import Windows
from silencio.errors import SilencioError
from silencio.evaluation.contestant import Contestant
from silencio.evaluation.exam import Exam
from silencio.evaluation.judged import Judged
from silencio.evaluation.report import write_report
from silencio.evaluation.truth import Scores
from silencio.handover import Handover, Kind
from silencio.identity import code_digest, git_commit, machine
from silencio.settings import Experiment
from silencio.training.checkpoint import Checkpoint
from silencio.workspace import Workspace


def evaluate_checkpoint(
    experiment: Experiment,
    catalog: Handover,
    windows: Windows,
    checkpoint: Checkpoint,
    workspace: Workspace,
    champion: Contestant | None,
) -> Handover:
    inputs = {
        "catalog": catalog.digest,
        "windows": windows.handover.digest,
        "checkpoint": checkpoint.handover.digest,
        "evaluation": experiment.evaluation.model_dump(mode="json"),
        "seed": experiment.seed,
        "champion": champion.digest if champion else None,
        "code": code_digest("audio", "data", "evaluation"),  # the first two make trials
    }

    def build(folder: Path) -> Mapping[str, Any]:
        exam, candidate = Exam.of(experiment, catalog, windows, workspace), contestant_of(checkpoint, windows)
        result = exam.sit(candidate, champion)
        told = identity(experiment, windows, checkpoint, champion)
        scores = candidate.scores(exam.judged)
        write_report(folder, result, exam.judged.truth, scores, told, sounds=exam.sounds())
        return {
            "decision": result.decision.value,
            "map": result.figure().candidate.value,
            "roc_auc": result.figure(metric="roc_auc").candidate.value,
            "gates": {f"{g.name} on {g.slice}": g.verdict.value for g in result.gates},
        }

    return workspace.produce(Kind.REPORT, inputs, build)


def contestant_of(checkpoint: Checkpoint, windows: Windows) -> Contestant:
    if checkpoint.species != windows.species:
        raise SilencioError(
            "The checkpoint was trained on other species than the windows are labelled with.",
            "Train on these windows, or evaluate on those that it was trained on.",
        )
    model = checkpoint.model()

    def hears(windows: NDArray[np.floating]) -> Scores:
        with torch.inference_mode():
            said = torch.sigmoid(model(torch.from_numpy(as_pictures(windows))))
        return said.numpy().astype(np.float32)

    return Contestant(checkpoint.handover.digest, windows, hears)


def checkpoint_scores(checkpoint: Checkpoint, windows: Windows, judged: Judged) -> Scores:
    return contestant_of(checkpoint, windows).scores(judged)


def identity(
    experiment: Experiment, windows: Windows, checkpoint: Checkpoint, champion: Contestant | None
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
