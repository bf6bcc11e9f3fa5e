"""Optimize: a checkpoint in, the sealed bundle of its cheapest variant that passes every gate out."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from silencio.audio.embedding import found
from silencio.data.windows.store import Windows
from silencio.errors import GateRefused, WrongUse
from silencio.evaluation.contestant import Contestant
from silencio.evaluation.exam import Exam
from silencio.evaluation.report import write_report
from silencio.evaluation.run import identity
from silencio.evaluation.thresholds import by_label
from silencio.handover import Handover, Kind
from silencio.identity import code_digest, git_commit
from silencio.optimize.bundle import write_contents
from silencio.optimize.card import write_card, write_sbom
from silencio.optimize.export import export
from silencio.optimize.quantize import Calibration
from silencio.optimize.search import Variant, choose, search
from silencio.optimize.session import OnnxModel
from silencio.progress import Tell, nobody
from silencio.settings import Experiment, FrontEnd
from silencio.training.checkpoint import Checkpoint
from silencio.workspace import Workspace

SEARCH = "search"


def optimize(
    experiment: Experiment,
    catalog: Handover,
    windows: Windows,
    checkpoint: Checkpoint,
    workspace: Workspace,
    champion: Contestant | None,
    tell: Tell = nobody,
) -> Handover:
    inputs = {
        "windows": windows.handover.digest,
        "checkpoint": checkpoint.handover.digest,
        "evaluation": experiment.evaluation.model_dump(mode="json"),
        "optimize": experiment.optimize.model_dump(mode="json"),
        "seed": experiment.seed,
        "champion": champion.digest if champion else None,
        "code": code_digest("optimize", "evaluation"),
    }

    if not len(windows.rows("validation")):
        raise WrongUse(
            "Thresholds are set on the validation part, and these windows have none.",
            "Give data.split.validation a share: without one, a training is to be judged, not served.",
        )

    def build(folder: Path) -> Mapping[str, Any]:
        front_end, scratch = with_its_file(windows.front_end, experiment, workspace), folder / SEARCH
        scratch.mkdir(exist_ok=True)
        exam = Exam.of(experiment, catalog, windows, workspace)
        judged = exam.judged
        pictures = windows.features[judged.rows].astype(np.float32)
        calibration = calibration_windows(windows, experiment)
        difference = export(checkpoint.model(), calibration[:16], scratch / "exported.onnx")
        before = champion.scores(judged) if champion else None
        variants = search(
            scratch / "exported.onnx",
            calibration,
            pictures,
            judged,
            before,
            experiment,
            scratch,
            carried_mb(front_end),
            tell,
        )
        chosen = choose(variants)
        if chosen is None:
            raise GateRefused(
                f"No variant passes every gate. {_refusals(variants)}", "See the report's slices."
            )
        shutil.copyfile(chosen.path, folder / "model.onnx")
        model = OnnxModel(folder / "model.onnx")
        thresholds = by_label(exam.thresholds(Contestant("", windows, model.probabilities)))
        write_contents(folder, windows.species, thresholds, front_end)
        described = identity(experiment, windows, checkpoint, champion) | {"variant": chosen.name}
        write_report(
            folder / "report", chosen.evaluation, judged.truth, model.probabilities(pictures), described
        )
        write_card(
            folder / "model_card.md", experiment, windows.species, chosen.name, chosen.evaluation, described
        )
        write_sbom(folder / "sbom.json")
        (folder / "variants.json").write_text(json.dumps([_row(v) for v in variants], indent=2) + "\n")
        shutil.rmtree(scratch)
        return {
            "experiment": experiment.name,
            "architecture": experiment.model.architecture,
            "variant": chosen.name,
            "export_difference": difference,
            "map": chosen.evaluation.figure().candidate.value,
            "size_mb": round(chosen.size_mb, 2),
            "latency_ms": round(chosen.latency_ms, 2),
            "catalog": described["catalog"],
            "checkpoint": checkpoint.handover.digest,
            "champion": champion.digest if champion else None,
            "run": checkpoint.facts["run"],
            "run_id": checkpoint.facts["run_id"],
            "commit": git_commit(),
            "gates": [g.to_json() for g in chosen.gates],
        }

    return workspace.produce(Kind.BUNDLE, inputs, build)


def with_its_file(front_end: FrontEnd, experiment: Experiment, workspace: Workspace) -> FrontEnd:
    """A store's, with where its embedding model lies here; others as they are."""
    named = experiment.audio.embedding_model
    return found(front_end.at(named), workspace.root) if front_end.embedding_model and named else front_end


def carried_mb(front_end: FrontEnd) -> float:
    """What a bundle carries beside its model: whoever downloads the one downloads the other."""
    model = front_end.embedding_model
    return model.stat().st_size / 2**20 if model else 0.0


def calibration_windows(windows: Windows, experiment: Experiment) -> Calibration:
    """Drawn from training recordings only: what judges a model may not shape it. [windows, *shape]"""
    train = windows.rows("train")
    count = min(experiment.optimize.calibration_windows, len(train))
    drawn = np.random.default_rng(experiment.seed).choice(train, count, replace=False)
    calibration: Calibration = windows.features[np.sort(drawn)].astype(np.float32)
    return calibration


def _refusals(variants: list[Variant]) -> str:
    lines = []
    for variant in variants:
        refusing = [f"{g.name} on {g.slice}: {g.reason}" for g in variant.gates if g.verdict != "pass"]
        lines.append(f"{variant.name}: {'; '.join(refusing)}")
    return " ".join(lines)


def _row(variant: Variant) -> dict[str, Any]:
    """A variant as the table of the search shows it."""
    return {
        "variant": variant.name,
        "size_mb": round(variant.size_mb, 2),
        "latency_ms": round(variant.latency_ms, 2),
        "map": variant.evaluation.figure().candidate.value,
        "verdict": variant.verdict.value,
        "gates": [g.to_json() for g in variant.gates],
    }
