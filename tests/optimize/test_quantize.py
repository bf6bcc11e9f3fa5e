"""Every maker, over every kind of network that it must bear."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from silencio.models import build
from silencio.optimize.engines.by_onnxruntime import OnnxModel
from silencio.optimize.export import export
from silencio.optimize.makers.by_inc import inc_dynamic, inc_static, inc_static_qdq, inc_tuned
from silencio.optimize.makers.by_onnxruntime import ort_static
from silencio.optimize.makers.material import Maker, Material
from silencio.settings import FrontEnd, Model
from silencio.training.losses import LogOdds

FRONT_END = FrontEnd(sample_rate=16_000, window_seconds=1, hop_seconds=1, n_mels=32, fmax=8_000)
QUANTIZERS = (inc_static, inc_static_qdq, inc_tuned, inc_dynamic, ort_static)


def material(network: nn.Module, folder: Path) -> Material:
    windows = np.random.default_rng(0).standard_normal((16, *FRONT_END.shape)).astype(np.float32)
    export(network, windows, folder / "fp32.onnx")
    meant = OnnxModel(folder / "fp32.onnx").probabilities(windows)

    def alike(path: Path) -> float:
        return 1 - float(np.abs(OnnxModel(path).probabilities(windows) - meant).mean())

    return Material(folder / "fp32.onnx", network, windows, alike, map_loss=0.1)


@pytest.mark.parametrize("quantizer", QUANTIZERS, ids=lambda maker: maker.__name__)
def test_a_network_that_chooses_is_quantized_as_one_that_is_asked(quantizer: Maker, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = LogOdds(build(Model(architecture="cnn", width=8), FRONT_END.shape, 5)).eval()
    given = material(network, tmp_path)

    quantizer(given, tmp_path / "int8.onnx")

    said = OnnxModel(tmp_path / "int8.onnx").probabilities(given.calibration)
    meant = OnnxModel(given.exported).probabilities(given.calibration)
    assert np.abs(said - meant).max() < 0.1
    assert (tmp_path / "int8.onnx").stat().st_size < given.exported.stat().st_size


def test_tuning_gives_up_precision_only_as_far_as_validation_bears_it(tmp_path: Path) -> None:
    """The first try is said to lose all: what comes next must not be the same model."""
    torch.manual_seed(0)
    given = material(build(Model(architecture="cnn", width=8), FRONT_END.shape, 5).eval(), tmp_path)
    heard: list[bytes] = []

    def strict(path: Path) -> float:
        heard.append(path.read_bytes())
        return 0.0 if len(heard) == 2 else 1.0

    inc_tuned(
        Material(given.exported, given.network, given.calibration, strict, 0.005), tmp_path / "int8.onnx"
    )

    full, refused, taken = heard[:3]
    assert len({full, refused, taken}) == 3
    assert len(taken) < len(full)
