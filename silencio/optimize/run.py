"""Optimize: a checkpoint in, the sealed bundle of its cheapest variant that passes every gate out."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from silencio.audio.embedding import found
from silencio.data.catalog import Catalog
from silencio.data.sightings import Sightings
from silencio.data.windows.store import Windows
from silencio.errors import WrongUse
from silencio.evaluation.contestant import Contestant, Hears
from silencio.evaluation.exam import Exam
from silencio.evaluation.judged import judged_on
from silencio.evaluation.metrics import mean_average_precision
from silencio.evaluation.report import write_report
from silencio.evaluation.run import identity
from silencio.evaluation.thresholds import by_label
from silencio.handover import Handover, Kind
from silencio.identity import code_digest, digest_of_file, git_commit, machine
from silencio.optimize.bundle import CARD, MODEL, REPORT, SBOM, write_contents
from silencio.optimize.card import write_card
from silencio.optimize.engines.by_onnxruntime import OnnxModel
from silencio.optimize.export import export
from silencio.optimize.makers.material import Material, calibration_windows
from silencio.optimize.measure import THREADS
from silencio.optimize.pareto import PLOT, pareto_svg
from silencio.optimize.recipes import EXPORTED, RECIPES
from silencio.optimize.sbom import write_sbom
from silencio.optimize.search import Chosen, Search
from silencio.progress import Tell, nobody
from silencio.settings import Experiment, FrontEnd
from silencio.training.checkpoint import Checkpoint
from silencio.workspace import Workspace

Beside = Callable[[Path, Windows, Hears, NDArray[np.float32]], None]
"""Given the bundle's folder, the windows, the model, and its thresholds, [classes]."""
SEARCH = "search"
CHECKED = 16
"""Windows on which the exported model must equal torch."""


def optimize(
    experiment: Experiment,
    catalog: Handover,
    windows: Windows,
    checkpoint: Checkpoint,
    workspace: Workspace,
    champion: Contestant | None,
    tell: Tell = nobody,
    beside: Beside | None = None,
) -> Handover:
    """`beside` puts more into the bundle, of rooms that stand on this one: its code is part of the bundle's digest."""
    inputs = {
        "catalog": catalog.digest,
        "windows": windows.handover.digest,
        "checkpoint": checkpoint.handover.digest,
        "evaluation": experiment.evaluation.model_dump(mode="json"),
        "optimize": experiment.optimize.model_dump(mode="json"),
        "seed": experiment.seed,
        "champion": champion.digest if champion else None,
        "code": code_digest("audio", "data", "evaluation", "optimize", *(["monitoring"] if beside else [])),
        # What is fast, and what runs at all, is the machine's.
        "machine": machine()["processor"],
        "lacking": {name: why for name in experiment.optimize.variants if (why := RECIPES[name].lacks())},
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
        material, difference = material_of(experiment, windows, checkpoint, scratch)
        chosen = Search(exam, windows, material, champion, scratch, carried_mb(front_end), tell).run()
        told = identity(experiment, windows, checkpoint, champion) | {"variant": chosen.row.variant}
        sightings = Sightings.of(Catalog.open(catalog), windows.species)
        fill(folder, experiment, exam, windows, front_end, chosen, told, sightings, beside)
        shutil.rmtree(scratch)
        row = chosen.row
        return {
            "experiment": experiment.name,
            "architecture": experiment.model.architecture,
            "variant": row.variant,
            "engine": row.engine,
            "precision": row.precision,
            "chosen_because": chosen.table.chosen_because,
            "machine": machine()["processor"],
            "export_difference": difference,
            "map": row.map,
            "size_mb": round(row.size_mb, 2),
            "latency_ms": round(row.latency_ms, 2),
            "latency_p95_ms": round(row.latency_p95_ms, 2),
            "windows_per_second": round(row.windows_per_second, 1),
            "catalog": told["catalog"],
            "checkpoint": checkpoint.handover.digest,
            "champion": champion.digest if champion else None,
            "run": checkpoint.facts["run"],
            "run_id": checkpoint.facts["run_id"],
            "commit": git_commit(),
            "gates": [gate.to_json() for gate in row.gates],
        }

    return workspace.produce(Kind.BUNDLE, inputs, build)


def material_of(
    experiment: Experiment, windows: Windows, checkpoint: Checkpoint, folder: Path
) -> tuple[Material, float]:
    """What makers are given, and how far the exported model is from torch."""
    network, exported = checkpoint.model(), folder / EXPORTED
    calibration = calibration_windows(windows, experiment)
    difference = export(network, calibration[:CHECKED], exported)

    # What chose the epoch may choose layers, too: neither the windows that judge nor those that thresholds are set on.
    validation = judged_on(windows, "validation")

    def map_of(path: Path) -> float:
        tuned = Contestant(digest_of_file(path), windows, OnnxModel(path, THREADS).probabilities)
        return mean_average_precision(validation.truth.targets, tuned.scores(validation))

    return Material(exported, network, calibration, map_of, experiment.optimize.map_loss), difference


def fill(
    folder: Path,
    experiment: Experiment,
    exam: Exam,
    windows: Windows,
    front_end: FrontEnd,
    chosen: Chosen,
    told: Mapping[str, Any],
    sightings: Sightings,
    beside: Beside | None = None,
) -> None:
    """All that a bundle holds, and its table and report."""
    contestant, runs_on = chosen.tried.contestant, chosen.tried.recipe.runs_on
    thresholds = exam.thresholds(contestant)
    shutil.copyfile(chosen.tried.path, folder / MODEL)
    labelled = by_label(thresholds)
    write_contents(folder, windows.species, labelled, front_end, runs_on, sightings)
    if beside:
        in_order = np.array([labelled[species.code] for species in windows.species], np.float32)
        beside(folder, windows, contestant.hears, in_order)
    scores, table = contestant.scores(exam.judged), chosen.table
    write_report(
        folder / REPORT,
        chosen.result,
        exam.judged.truth,
        scores,
        told,
        sounds=exam.sounds(),
        search=table.told(),
    )
    table.write(folder)
    (folder / REPORT / PLOT).write_text(pareto_svg(table.rows), "utf-8")
    write_card(folder / CARD, experiment, windows.species, thresholds, chosen.result, chosen.table, told)
    write_sbom(folder / SBOM, runs_on)


def with_its_file(front_end: FrontEnd, experiment: Experiment, workspace: Workspace) -> FrontEnd:
    """A store's, with where its embedding model lies here; others as they are."""
    named = experiment.audio.embedding_model
    return found(front_end.at(named), workspace.root) if front_end.embedding_model and named else front_end


def carried_mb(front_end: FrontEnd) -> float:
    """What a bundle carries beside its model: whoever downloads the one downloads the other."""
    model = front_end.embedding_model
    return model.stat().st_size / 2**20 if model else 0.0
