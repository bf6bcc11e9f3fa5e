"""ONNX Runtime's own quantizer: u8 activations and s8 weights, which is what VNNI multiplies."""

import contextlib
import io
import tempfile
from pathlib import Path

import onnx

from silencio.optimize.makers.material import Batches, Material

PERCENTILE = 99.999
"""Of an activation's values that its range holds: the loudest few would take the steps from all others."""
MULTIPLIES = {"Conv", "Gemm", "MatMul"}


def ort_static(material: Material, int8: Path) -> None:
    """Operators between QuantizeLinear and DequantizeLinear, a scale for each channel of the weights."""
    from onnxruntime.quantization import CalibrationMethod, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        prepared = Path(folder) / "prepared.onnx"
        # Symbolic shapes stumble over some exported operators; ONNX's own shape inference is enough for networks
        # whose one unknown is the batch.
        quant_pre_process(material.exported, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            int8,
            Batches(material.calibration),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=ends(onnx.load(prepared)),
            calibrate_method=CalibrationMethod.Percentile,
            extra_options={
                "CalibPercentile": PERCENTILE,
                # So many batches at a time: otherwise every activation of all of them is kept.
                "CalibStridedMinMax": 1,
            },
        )


def ends(model: onnx.ModelProto) -> list[str]:
    """The names of the first convolution and the last layer: small and fast, so full precision costs little there, and
    answers stay nearer to it (docs/optimize.md)."""
    layers = [node for node in model.graph.node if node.op_type in MULTIPLIES]
    first = [node.name for node in layers[:1] if node.op_type == "Conv"]
    return [*first, *(node.name for node in layers[-1:])]
