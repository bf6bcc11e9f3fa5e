import numpy as np
import pytest
import torch

from silencio.audio.pictures import as_pictures
from silencio.errors import WrongUse
from silencio.models import ARCHITECTURES, build
from silencio.settings import FrontEnd, Model

LOG_MEL = FrontEnd(n_mels=64)
MFCC = FrontEnd(features="mfcc", padded_frames=200)
IMAGE = FrontEnd(features="image", image_size=96)


@pytest.mark.parametrize("front_end", [LOG_MEL, MFCC, IMAGE], ids=lambda f: f.features)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_maps_windows_to_logits(architecture: str, front_end: FrontEnd) -> None:
    model = build(Model(architecture=architecture), front_end.shape, classes=5).eval()
    windows = np.zeros((2, *front_end.shape), np.float16)
    with torch.inference_mode():
        assert model(torch.from_numpy(as_pictures(windows))).shape == (2, 5)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_seed_decides_the_first_weights(architecture: str) -> None:
    def weights(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        model = build(Model(architecture=architecture), LOG_MEL.shape, 5)
        return torch.cat([p.flatten() for p in model.parameters()])

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


def test_a_network_for_pictures_refuses_a_row_of_numbers() -> None:
    means = FrontEnd(features="mfcc", aggregate="mean", normalize="none")

    with pytest.raises(WrongUse, match=r"looks at pictures.* 20 numbers\. Set audio\.aggregate to none"):
        build(Model(architecture="mobilenetv2"), means.shape, 5)


def test_an_unknown_architecture_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(WrongUse, match=r"no architecture mobilnet\. Did you mean mobilenetv2\?"):
        build(Model(architecture="mobilnet"), LOG_MEL.shape, 5)
