"""A report in which everything is there that a page can show."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from silencio.audio import LogMel
from silencio.data.report.excerpt import Excerpt, excerpt
from silencio.evaluation.accuracy import Confusion
from silencio.evaluation.bootstrap import Estimate
from silencio.evaluation.calibration import reliability
from silencio.evaluation.curves import Curve, Point
from silencio.evaluation.evaluate import EvaluationResult, evaluate
from silencio.evaluation.figures import Figure
from silencio.evaluation.operation import operate
from silencio.evaluation.question import Behaviour
from silencio.evaluation.searched import Search, Tried
from silencio.evaluation.slices import SLICES
from silencio.evaluation.sounds import SIZE, Sounds
from silencio.evaluation.thresholds import choose_thresholds
from silencio.evaluation.truth import Scores, Truth
from silencio.settings import Evaluation, FrontEnd
from tests.evaluation.reserve import compose_scores, compose_truth

IDENTITY: dict[str, Any] = {"data_digest": "9f2c", "machine": {"cores": 2}, "date": "2024-05-01"}
SEARCH = Search(
    tried=(
        Tried("fp32", "onnxruntime, float32", "passes", "", 9.3, 3.1, 3.6, 312, 61, 0.771, 0.0, "", 0.0),
        Tried(
            "inc_static",
            "onnxruntime, int8",
            "chosen",
            "",
            2.5,
            1.5,
            1.8,
            727,
            40,
            0.768,
            0.003,
            "Night",
            0.011,
        ),
        Tried(
            "openvino_int8",
            "openvino, int8",
            "refused",
            "mAP lost against fp32 on Insects: 0.031 is above 0.020.",
            2.9,
            1.2,
            1.3,
            820,
            75,
            0.748,
            0.023,
            "Insects",
            0.031,
        ),
        Tried(
            "torchscript",
            "torch, float32",
            "only measured",
            "The service has no torch.",
            9.6,
            5.4,
            6.0,
            180,
            240,
            0.771,
        ),
        Tried("cuda", "onnxruntime, float32", "left out", "There is no CUDA provider here."),
    ),
    chosen_because="inc_static: 2.1 × faster than fp32, 2.5 MB, mAP 0.768 (−0.003), passes all 14 gates.",
    machine="EPYC, 2 cores",
)


def compose_result(
    truth: Truth, candidate: Scores, champion: Scores | None, settings: Evaluation | None = None
) -> EvaluationResult:
    """Evaluated, with what other rooms measure besides made up."""
    asked = settings or Evaluation()
    result = evaluate(truth, candidate, asked, champion, seed=1)
    compared = champion is not None
    thresholds = choose_thresholds(truth, compose_scores(truth, seed=9), 0.01, shrink=5.0, resamples=200)
    extra = (*_families(result), *_metrics(result))
    return replace(
        result,
        figures=(*result.figures, *extra),
        curves=(
            _curve(
                "wind",
                "Wind",
                "dB of the window over the noise",
                ("as it is", "20 dB", "10 dB", "0 dB", "−10 dB"),
                compared,
            ),
            _curve(
                "overlay",
                "Two calls at once",
                "dB that the other call is louder",
                ("as it is", "−10 dB", "0 dB", "10 dB"),
                compared,
            ),
            _curve(
                "codec",
                "Re-encoded",
                "lossy file",
                ("as it is", "vorbis", "opus", "mp3", "mp3, low"),
                compared,
            ),
        ),
        behaviour=(
            Behaviour(
                "same_answer_gain",
                "Same answer, louder or softer",
                "The share of windows that keep their species.",
                Estimate(0.93, 0.88, 0.97),
                Estimate(0.95) if compared else None,
                24,
                0.8,
                True,
            ),
            Behaviour(
                "noise",
                "Silent in mere noise",
                "The share of windows of noise that are given a species.",
                Estimate(0.22, 0.1, 0.35),
                Estimate(0.05) if compared else None,
                48,
                0.1,
                False,
            ),
            Behaviour(
                "coverage",
                "Species reported",
                "The share of species that are reported at least once.",
                Estimate(float("nan")),
                None,
                0,
                0.5,
                True,
            ),
            Behaviour(
                "false_alarms_per_hour",
                "False alarms per hour",
                "In windows in which nothing calls.",
                Estimate(12.4, 4.0, 25.0),
                None,
                60,
                None,
                False,
            ),
        ),
        reliability=reliability(truth.targets, candidate),
        confusion=Confusion.of(truth, candidate),
        operation=operate(truth, candidate, thresholds),
        set_on="thresholds",
    )


def compose_everything(windows: int = 300, classes: int = 12) -> tuple[Truth, Scores, EvaluationResult]:
    truth = compose_truth(windows, classes)
    before, candidate = compose_scores(truth), compose_scores(truth, worse_in=SLICES["night"].members(truth))
    return truth, candidate, compose_result(truth, candidate, before)


def whistled(folder: Path) -> Sounds:
    """A rising whistle, whatever is asked for."""
    front_end = FrontEnd()
    time = np.arange(5 * front_end.sample_rate) / front_end.sample_rate
    path = folder / "whistle.wav"
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * (1500 + 400 * time) * time), front_end.sample_rate)
    seen = excerpt(path, LogMel(front_end), SIZE, 0.0, before=0.0)

    def sound(recording: str, start: float) -> Excerpt:
        return replace(seen, start=start)

    return sound


def _curve(mode: str, title: str, unit: str, names: tuple[str, ...], compared: bool) -> Curve:
    points = []
    for k, name in enumerate(names):
        value = 0.8 * 0.82**k
        champion = Estimate(value - 0.05, value - 0.12, value + 0.02) if compared else None
        points.append(
            Point(float(k) if k else None, name, 24, Estimate(value, value - 0.06, value + 0.06), champion)
        )
    return Curve(mode, title, unit, tuple(points))


def _families(result: EvaluationResult) -> list[Figure]:
    names = ("day", "birds", "month 03", "month 04", "month 05", "site A01", "site B02")
    return [replace(result.figure(), slice=name, gated=False) for name in names]


def _metrics(result: EvaluationResult) -> list[Figure]:
    overall = result.figure()
    return [
        replace(overall, metric="micro_f1"),
        replace(overall, metric="calibration_error", candidate=Estimate(0.042, 0.03, 0.06)),
    ]
