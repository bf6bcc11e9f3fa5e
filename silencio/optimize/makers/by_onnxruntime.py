"""ONNX Runtime's own quantizer: u8 activations and s8 weights, which is what VNNI multiplies."""

import tempfile
from pathlib import Path

from silencio.optimize.makers.material import Batches, Material


def ort_static(material: Material, int8: Path) -> None:
    """Operators between QuantizeLinear and DequantizeLinear, a scale for each channel of the weights."""
    from onnxruntime.quantization import QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as folder:
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
        )
