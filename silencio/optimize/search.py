"""Try the variants of a model side by side, and choose the cheapest that passes every gate.

The full-precision model takes part: keeping it is a legal outcome, and so is choosing none.
"""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from silencio.evaluation.evaluate import EvaluationResult, evaluate
from silencio.evaluation.gates import GateResult, Verdict, decision
from silencio.evaluation.judged import Judged
from silencio.evaluation.truth import Scores
from silencio.optimize.quantize import QUANTIZERS, Calibration
from silencio.optimize.session import OnnxModel
from silencio.progress import Progress, Tell, nobody
from silencio.settings import Experiment

TIMED_RUNS = 30


@dataclass(frozen=True)
class Variant:
    name: str
    path: Path
    size_mb: float
    latency_ms: float
    """Median for one window, one thread."""
    evaluation: EvaluationResult
    gates: tuple[GateResult, ...]
    """The evaluation's own, and the budgets against full precision."""

    @property
    def verdict(self) -> Verdict:
        return decision(self.gates)


def search(
    fp32: Path,
    calibration: Calibration,
    windows: NDArray[np.float32],
    judged: Judged,
    champion: Scores | None,
    experiment: Experiment,
    folder: Path,
    carried_mb: float = 0.0,
    tell: Tell = nobody,
) -> list[Variant]:
    """Each variant of the settings, measured on the judged `windows`, [windows, *shape].

    `carried_mb` is what every bundle of them holds beside the model.
    """
    names, paths = experiment.optimize.variants, {}
    for made, name in enumerate(names):
        tell(Progress(made, len(names) + 1, f"variants, making {name}"))
        paths[name] = _make(name, fp32, calibration, folder)
    tell(Progress(len(names), len(names) + 1, "variants, judging them"))
    models = {name: OnnxModel(path) for name, path in paths.items()}
    latencies = time_in_turn(models.values(), windows[:1])
    full = OnnxModel(fp32).probabilities(windows)
    variants = []
    for (name, model), latency in zip(models.items(), latencies, strict=True):
        scores = full if name == "fp32" else model.probabilities(windows)
        result = evaluate(judged.truth, scores, experiment.evaluation, champion, experiment.seed)
        size = carried_mb + paths[name].stat().st_size / 2**20
        budgets = [GateResult.at_most("size in MB", "overall", size, experiment.optimize.size_mb)]
        if name != "fp32":
            against = evaluate(judged.truth, scores, experiment.evaluation, full, experiment.seed)
            budgets += losses(against, experiment)
        variants.append(Variant(name, paths[name], size, latency, result, (*result.gates, *budgets)))
    return variants


def choose(variants: Sequence[Variant]) -> Variant | None:
    """The fastest that passes; None if none does."""
    passing = [variant for variant in variants if variant.verdict is Verdict.PASS]
    return min(passing, key=lambda variant: variant.latency_ms, default=None)


def losses(against_fp32: EvaluationResult, experiment: Experiment) -> Iterable[GateResult]:
    """What quantization may cost: one bar overall, one for any slice that has enough windows to tell."""
    for figure in against_fp32.figures:
        if figure.metric != "map" or figure.difference is None:
            continue
        overall = figure.slice == "overall"
        if not overall and figure.windows < experiment.evaluation.minimum_windows:
            continue
        bar = experiment.optimize.map_loss if overall else experiment.optimize.slice_loss
        lost = figure.difference
        yield GateResult.at_most(
            "mAP lost against fp32", figure.slice, -lost.value, bar, low=-lost.high, high=-lost.low
        )


def time_in_turn(models: Iterable[OnnxModel], window: NDArray[np.float32]) -> list[float]:
    """Median milliseconds of each, taken in turns: whatever slows the machine slows all of them."""
    models = list(models)
    times: list[list[float]] = [[] for _ in models]
    for run in range(TIMED_RUNS + 3):
        for model, taken in zip(models, times, strict=True):
            began = perf_counter()
            model.logits(window)
            if run >= 3:  # the first runs allocate
                taken.append(1000 * (perf_counter() - began))
    return [median(taken) for taken in times]


def _make(name: str, fp32: Path, calibration: Calibration, folder: Path) -> Path:
    path = folder / f"{name}.onnx"
    if name == "fp32":
        shutil.copyfile(fp32, path)
    elif not path.exists():
        partial = path.with_suffix(".partial")
        QUANTIZERS[name](fp32, calibration, partial)
        partial.rename(path)
    return path
