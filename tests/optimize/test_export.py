"""What is exported says what torch says, in batches of any size, whatever the network is made of."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from silencio.audio.pictures import as_pictures
from silencio.errors import SilencioError
from silencio.models import build
from silencio.optimize.engines.by_onnxruntime import OnnxModel
from silencio.optimize.export import TOLERANCE, export
from silencio.settings import FrontEnd, Model

FRONT_END = FrontEnd(sample_rate=16_000, window_seconds=1, hop_seconds=1, n_mels=32, fmax=8_000)
ENSEMBLE = {
    "architecture": "ensemble",
    "members": [
        {"architecture": "cnn", "width": 8},
        {"architecture": "cnn", "width": 8, "head": "attention"},
    ],
}
NETWORKS = {
    "one network": {"architecture": "cnn", "width": 8},
    "sound events": {"architecture": "cnn", "width": 8, "head": "attention"},
    "ensemble": ENSEMBLE,
}


@pytest.mark.parametrize("model", NETWORKS.values(), ids=NETWORKS.keys())
def test_the_exported_model_equals_torch_in_batches_of_any_size(
    model: dict[str, object], tmp_path: Path
) -> None:
    torch.manual_seed(0)
    network = build(Model.model_validate(model), FRONT_END.shape, 5).eval()
    windows = np.random.default_rng(0).standard_normal((24, *FRONT_END.shape)).astype(np.float32)
    assert export(network, windows[:2], tmp_path / "model.onnx") <= TOLERANCE
    exported = OnnxModel(tmp_path / "model.onnx")
    for count in (1, 21):
        with torch.inference_mode():
            expected = network(torch.from_numpy(as_pictures(windows[-count:]))).numpy()
        np.testing.assert_allclose(
            exported.logits(windows[-count:]), expected, atol=TOLERANCE, rtol=TOLERANCE
        )


class TwoFaced(nn.Module):
    """Says something else while it is looked at."""

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return pictures.mean((2, 3)) + (0 if torch.compiler.is_exporting() else 1)


def test_a_model_that_was_exported_wrongly_is_refused(tmp_path: Path) -> None:
    windows = np.zeros((4, *FRONT_END.shape), np.float32)
    with pytest.raises(
        SilencioError, match=r"The exported model differs from torch by .*, more than 0\.0001"
    ):
        export(TwoFaced(), windows, tmp_path / "model.onnx")
