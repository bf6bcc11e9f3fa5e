import pytest
import torch

from silencio.errors import WrongUse
from silencio.models import ARCHITECTURES, build
from silencio.settings import Model


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_maps_pictures_to_logits(architecture: str) -> None:
    model = build(Model(architecture=architecture), classes=5).eval()
    with torch.inference_mode():
        assert model(torch.zeros(2, 1, 64, 101)).shape == (2, 5)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_seed_decides_the_first_weights(architecture: str) -> None:
    def weights(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return torch.cat([p.flatten() for p in build(Model(architecture=architecture), 5).parameters()])

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


def test_an_unknown_architecture_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(WrongUse, match=r"no architecture mobilnet\. Did you mean mobilenetv2\?"):
        build(Model(architecture="mobilnet"), 5)
