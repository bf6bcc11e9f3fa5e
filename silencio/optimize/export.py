"""A checkpoint's network as an ONNX model, held equal to torch."""

import logging
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import nn

from silencio.audio.pictures import as_pictures
from silencio.errors import SilencioError
from silencio.optimize.engines.by_onnxruntime import OnnxModel

OPSET = 18
TOLERANCE = 1e-4


def export(model: nn.Module, windows: NDArray[np.float32], path: Path) -> float:
    """Write the network, its batch dynamic, and return how far its logits are from torch's on `windows`.

    The largest difference, relative for logits beyond 1. `windows`, [windows, *shape], are real ones: a
    difference on noise would say little.
    """
    inputs = torch.from_numpy(as_pictures(windows))
    with warnings.catch_warnings(), _Quiet("torch.onnx"):
        # The exporter warns of its own use of deprecated parts of torch.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            model,
            (inputs[:2],),
            dynamo=True,
            opset_version=OPSET,
            input_names=["windows"],
            output_names=["logits"],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            verbose=False,
        )
    assert program is not None
    proto = program.model_proto
    # The exporter leaves stale shapes there, on which quantizers stumble.
    del proto.graph.value_info[:]
    onnx.save(proto, path)
    with torch.inference_mode():
        expected = model(inputs).numpy()
    scale = np.maximum(1, np.abs(expected))
    difference = float((np.abs(OnnxModel(path).logits(windows) - expected) / scale).max())
    if difference > TOLERANCE:
        raise SilencioError(
            f"The exported model differs from torch by {difference:.2g}, more than {TOLERANCE:g}.",
            "An operator was exported wrongly: compare the two layer by layer.",
        )
    return difference


class _Quiet:
    """Loggers of a library, down to errors for a while."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def __enter__(self) -> None:
        self._level = self._logger.level
        self._logger.setLevel(logging.ERROR)

    def __exit__(self, *failure: object) -> None:
        self._logger.setLevel(self._level)
