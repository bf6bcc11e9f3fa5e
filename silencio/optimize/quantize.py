"""INT8 by static post-training quantization: u8 activations and s8 weights, which is what VNNI multiplies."""

import contextlib
import io
import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from silencio.audio.pictures import as_pictures
from silencio.errors import SilencioError
from silencio.optimize.session import BATCH

Calibration = NDArray[np.float32]
"""Windows of training recordings, [windows, *shape]."""


class Batches:
    """The calibration windows as both quantizers want to be fed."""

    batch_size = BATCH

    def __init__(self, windows: Calibration) -> None:
        self._batches = [as_pictures(windows[i : i + BATCH]) for i in range(0, len(windows), BATCH)]
        self.rewind()

    def __iter__(self) -> Iterator[tuple[NDArray[np.float32], int]]:
        return ((batch, 0) for batch in self._batches)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        return next(self._reader, None)

    def rewind(self) -> None:
        self._reader = ({"windows": batch} for batch in self._batches)


def inc_static(fp32: Path, calibration: Calibration, int8: Path) -> None:
    """Intel Neural Compressor, operators in ONNX's QOperator form."""
    from silencio.optimize.inc_beside import make_importable

    make_importable()
    with contextlib.redirect_stderr(io.StringIO()) as chatter:
        from neural_compressor import PostTrainingQuantConfig, quantization, set_workspace

        logging.getLogger("neural_compressor").setLevel(logging.ERROR)
        set_workspace(str(int8.parent / "neural_compressor"))
        config = PostTrainingQuantConfig(approach="static", calibration_sampling_size=[len(calibration)])
        quantized = quantization.fit(str(fp32), config, calib_dataloader=Batches(calibration))
    if quantized is None:
        raise SilencioError(
            f"Neural Compressor gave no model back: {chatter.getvalue()[-300:]}",
            "Leave inc_static out of optimize.variants.",
        )
    quantized.save(str(int8))


def ort_static(fp32: Path, calibration: Calibration, int8: Path) -> None:
    """ONNX Runtime's own quantizer, operators between QuantizeLinear and DequantizeLinear."""
    from onnxruntime.quantization import QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        # Symbolic shapes stumble over some exported operators; ONNX's own shape inference is enough for networks
        # whose one unknown is the batch.
        quant_pre_process(fp32, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            int8,
            Batches(calibration),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )


QUANTIZERS: Mapping[str, Callable[[Path, Calibration, Path], None]] = {
    "inc_static": inc_static,
    "ort_static": ort_static,
}
