"""Small embedding models as ONNX files: how much of each pitch is in a window's samples."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from silencio.identity import digest_of_file
from silencio.settings import FrontEnd

RATE, SECONDS = 16_000, 1.0
KERNEL, STEP = 256, 64
PITCHES = np.geomspace(200, 5_000, 24)
SIZE = 2 * len(PITCHES)


def write_model(
    path: Path,
    samples: int | str = round(RATE * SECONDS),
    outputs: tuple[str, ...] = ("embedding", "label"),
    batch: int | str = "batch",
    phase: float = 0.0,
) -> Path:
    """Waveform [batch, samples] to [batch, SIZE]: a strided convolution, as loud as it is at most and on average.

    Every one of `outputs` but the first is the mean alone, [batch, SIZE / 2].
    """
    time = np.arange(KERNEL) / RATE
    waves = np.cos(2 * np.pi * PITCHES[:, None] * time + phase) * np.hanning(KERNEL)
    nodes = [
        helper.make_node("Unsqueeze", ["inputs", "one"], ["channel"]),
        helper.make_node("Conv", ["channel", "waves"], ["heard"], strides=[STEP]),
        helper.make_node("Abs", ["heard"], ["loud"]),
        helper.make_node("ReduceMean", ["loud", "two"], ["mean"], keepdims=0),
        helper.make_node("ReduceMax", ["loud", "two"], ["most"], keepdims=0),
        helper.make_node("Concat", ["most", "mean"], [outputs[0]], axis=1),
        *(helper.make_node("Identity", ["mean"], [name]) for name in outputs[1:]),
    ]
    graph = helper.make_graph(
        nodes,
        "pitches",
        [helper.make_tensor_value_info("inputs", TensorProto.FLOAT, [batch, samples])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, None]) for name in outputs],
        [
            numpy_helper.from_array(np.array([1]), "one"),
            numpy_helper.from_array(np.array([2]), "two"),
            numpy_helper.from_array(waves[:, None].astype(np.float32), "waves"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def front_end_of(path: Path, **changes: object) -> FrontEnd:
    return FrontEnd.model_validate(
        {
            "features": "embedding",
            "sample_rate": RATE,
            "window_seconds": SECONDS,
            "hop_seconds": SECONDS,
            "embedding_model": path,
            "embedding_digest": digest_of_file(path),
            "embedding_size": SIZE,
        }
        | changes
    )
