"""The variants that a search may try: which file, on which engine, and whether that can be served."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from silencio.optimize.engines import by_onnxruntime, by_openvino
from silencio.optimize.engines.by_onnxruntime import OnnxModel
from silencio.optimize.engines.by_openvino import OpenVinoModel
from silencio.optimize.engines.model import Model
from silencio.optimize.engines.runs_on import Precision, RunsOn
from silencio.settings.judging import Engine

EXPORTED = "fp32.onnx"
"""The network in full precision, as it was exported: several variants are this file on other engines."""
NEEDS_TORCH = (
    "It is only measured: its archive holds pickles, which nobody here loads, and the service has no torch."
)
NEEDS_GPU = (
    "It is only measured: the service's image is for processors. Its file is fp32's, should a GPU serve it."
)


def _script(path: Path, threads: int) -> Model:
    from silencio.optimize.engines.by_torch import ScriptModel

    return ScriptModel(path, threads)


def _always() -> str:
    return ""


@dataclass(frozen=True)
class Recipe:
    file: str = EXPORTED
    engine: str = "onnxruntime"
    precision: Precision = "fp32"
    open: Callable[[Path, int], Model] = OnnxModel
    """(file, threads)"""
    lacks: Callable[[], str] = _always
    """Why it cannot run here; empty if it can."""
    never: str = ""
    """Why it is measured and never served; empty if it may be."""

    @property
    def runs_on(self) -> RunsOn:
        return RunsOn(self.engine, self.precision)


def _inc(name: str) -> Recipe:
    return Recipe(f"{name}.onnx", precision="int8", lacks=_no_neural_compressor)


def _openvino(precision: Precision, file: str = EXPORTED) -> Recipe:
    return Recipe(
        file,
        "openvino",
        precision,
        partial(OpenVinoModel, precision=precision),
        partial(by_openvino.lacks, precision),
    )


def _on_gpu(engine: str, provider: str) -> Recipe:
    return Recipe(
        engine=engine,
        open=partial(OnnxModel, provider=provider),
        lacks=partial(by_onnxruntime.lacks, provider),
        never=NEEDS_GPU,
    )


def _no_neural_compressor() -> str:
    return "" if find_spec("neural_compressor") else "Neural Compressor is not installed here."


RECIPES: Mapping[Engine, Recipe] = {
    "fp32": Recipe(),
    "inc_static": _inc("inc_static"),
    "inc_static_qdq": _inc("inc_static_qdq"),
    "inc_tuned": _inc("inc_tuned"),
    "inc_dynamic": _inc("inc_dynamic"),
    "ort_static": Recipe("ort_static.onnx", precision="int8"),
    "openvino_fp32": _openvino("fp32"),
    "openvino_bf16": _openvino("bf16"),
    "openvino_int8": _openvino("int8", "ort_static.onnx"),
    "torchscript": Recipe("torchscript.pt", "torch", open=_script, never=NEEDS_TORCH),
    "cuda": _on_gpu("onnxruntime, CUDA", "CUDAExecutionProvider"),
    "tensorrt": _on_gpu("onnxruntime, TensorRT", "TensorrtExecutionProvider"),
}
