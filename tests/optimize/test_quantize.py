"""Every kind of network goes through both quantizers."""

from pathlib import Path

import numpy as np
import pytest
import torch

from silencio.models import build
from silencio.optimize.export import export
from silencio.optimize.quantize import QUANTIZERS
from silencio.optimize.session import OnnxModel
from silencio.settings import FrontEnd, Model
from silencio.training.losses import LogOdds

FRONT_END = FrontEnd(sample_rate=16_000, window_seconds=1, hop_seconds=1, n_mels=32, fmax=8_000)


@pytest.mark.parametrize("quantizer", QUANTIZERS)
def test_a_network_that_chooses_is_quantized_as_one_that_is_asked(quantizer: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    windows = np.random.default_rng(0).standard_normal((16, *FRONT_END.shape)).astype(np.float32)
    network = LogOdds(build(Model(architecture="cnn", width=8), FRONT_END.shape, 5)).eval()
    fp32, int8 = tmp_path / "fp32.onnx", tmp_path / "int8.onnx"
    export(network, windows, fp32)

    QUANTIZERS[quantizer](fp32, windows, int8)

    said, meant = OnnxModel(int8).probabilities(windows), OnnxModel(fp32).probabilities(windows)
    assert np.abs(said - meant).max() < 0.1
    assert int8.stat().st_size < fp32.stat().st_size
