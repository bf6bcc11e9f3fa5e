"""Intel Neural Compressor: static in two forms of ONNX, tuned until little is lost, and dynamic."""

import contextlib
import io
import logging
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from silencio.errors import SilencioError
from silencio.optimize.makers.inc_beside import make_importable
from silencio.optimize.makers.material import Batches, Material

TRIES = 12
SECONDS = 300
"""How long tuning may go on."""
MARGIN = 0.5
"""Of the loss that is granted: on other recordings it is not the same."""

ENDS = {"first_conv_or_matmul_quantization": False, "last_conv_or_matmul_quantization": False}
"""Small and fast: in full precision they cost little, and answers stay nearer to it (docs/optimize.md)."""


def inc_static(material: Material, int8: Path) -> None:
    """Operators in ONNX's QOperator form: convolutions of integers."""
    _fit(material, int8, quant_format="default", recipes=ENDS)


def inc_static_qdq(material: Material, int8: Path) -> None:
    """Operators between QuantizeLinear and DequantizeLinear, which other engines read as well."""
    _fit(material, int8, quant_format="QDQ", recipes=ENDS)


def inc_dynamic(material: Material, int8: Path) -> None:
    """Only weights are fixed; every window's own range scales its activations."""
    _fit(material, int8, approach="dynamic")


def inc_tuned(material: Material, int8: Path) -> None:
    """Tries recipes, and operators left in full precision, until validation loses no more than it may."""
    from neural_compressor.config import AccuracyCriterion, TuningCriterion

    with tempfile.TemporaryDirectory() as folder:
        tried = Path(folder) / "tried.onnx"

        def map_of(model: Any) -> float:
            tried.write_bytes(model.SerializeToString())
            return material.map_of(tried)

        _fit(
            material,
            int8,
            map_of,
            accuracy_criterion=AccuracyCriterion(
                criterion="absolute", tolerable_loss=MARGIN * material.map_loss
            ),
            tuning_criterion=TuningCriterion(timeout=SECONDS, max_trials=TRIES),
        )


def _fit(material: Material, int8: Path, map_of: Callable[[Any], float] | None = None, **asked: Any) -> None:
    make_importable()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()) as chatter:
        from neural_compressor import PostTrainingQuantConfig, quantization, set_workspace

        logging.getLogger("neural_compressor").setLevel(logging.ERROR)
        set_workspace(folder)
        config = PostTrainingQuantConfig(calibration_sampling_size=[len(material.calibration)], **asked)
        batches = None if asked.get("approach") == "dynamic" else Batches(material.calibration)
        quantized = quantization.fit(
            str(material.exported), config, calib_dataloader=batches, eval_func=map_of
        )
        if quantized is None:
            said = chatter.getvalue().strip().splitlines() or ["it said nothing"]
            raise SilencioError(
                f"Neural Compressor gave no model back: {said[-1]}", "Leave it out of optimize.variants."
            )
        quantized.save(str(int8))
