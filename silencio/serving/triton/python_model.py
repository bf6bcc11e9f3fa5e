"""Triton's Python backend for a bundle's model: it stands alone, with the engine that its own environment has."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

# The Python inside Triton does not look there by itself.
sys.path += [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]

import numpy as np
import triton_python_backend_utils as triton

Answer = Callable[[np.ndarray], np.ndarray]
"""[windows, channels, bands, frames] to logits, [windows, classes]"""


class TritonPythonModel:
    """Named and called by Triton."""

    def initialize(self, args: dict[str, str]) -> None:
        settings = json.loads(args["model_config"])
        self._input, self._output = settings["input"][0]["name"], settings["output"][0]["name"]
        threads = int(settings["parameters"]["threads"]["string_value"])
        folder = Path(args["model_repository"]) / args["model_version"]
        said = json.loads((folder / "engine.json").read_text())
        opened = _openvino if said["engine"] == "openvino" else _onnxruntime
        self._answer = opened(folder / "model.onnx", threads, said["precision"])

    def execute(self, requests: list[Any]) -> list[Any]:
        """All requests that Triton put together are one batch; each gets its rows."""
        asked = [triton.get_input_tensor_by_name(request, self._input).as_numpy() for request in requests]
        said = self._answer(np.concatenate(asked))
        ends = np.cumsum([len(windows) for windows in asked])
        return [
            triton.InferenceResponse([triton.Tensor(self._output, np.ascontiguousarray(rows))])
            for rows in np.split(said, ends[:-1])
        ]


def _onnxruntime(path: Path, threads: int, precision: str) -> Answer:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda windows: np.asarray(session.run(None, {name: windows})[0])


def _openvino(path: Path, threads: int, precision: str) -> Answer:
    import openvino

    settings = {
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32",
    }
    compiled = openvino.Core().compile_model(path, "CPU", settings)
    return lambda windows: np.array(compiled([windows])[0], np.float32)
