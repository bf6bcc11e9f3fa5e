"""Every architecture on every kind of picture; what each of them is made of."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from silencio.audio.pictures import as_pictures
from silencio.errors import WrongUse
from silencio.models import ARCHITECTURES, build
from silencio.models.attention import FrameWise
from silencio.models.torch_beside import make_importable
from silencio.optimize.export import export
from silencio.settings import FrontEnd, Model
from silencio.settings.model import OPTIONS

LOG_MEL = FrontEnd(n_mels=64, hop_length=800)
MFCC = FrontEnd(features="mfcc", padded_frames=200)
IMAGE = FrontEnd(features="image", image_size=96)
ROW = FrontEnd(features="mfcc", aggregate="mean", normalize="none")
ON_PICTURES = tuple(a for a in ARCHITECTURES if a not in ("embedding", "fcnn"))


def model(architecture: str, **options: object) -> Model:
    small = {
        "fcnn": {"hidden": (8, 8)},
        "ensemble": {"members": (Model(architecture="cnn"), Model(architecture="mobilenetv2"))},
    }
    return Model.model_validate({"architecture": architecture, **small.get(architecture, {}), **options})


def pictures(front_end: FrontEnd) -> torch.Tensor:
    windows = np.random.default_rng(1).standard_normal((2, *front_end.shape), np.float32)
    return torch.from_numpy(as_pictures(windows))


@pytest.mark.parametrize("front_end", [LOG_MEL, MFCC, IMAGE], ids=lambda f: f.features)
@pytest.mark.parametrize("architecture", [a for a in ARCHITECTURES if a != "embedding"])
def test_every_architecture_maps_windows_to_logits(architecture: str, front_end: FrontEnd) -> None:
    network = build(model(architecture), front_end.shape, classes=5).eval()
    with torch.inference_mode():
        logits = network(pictures(front_end))
    assert logits.shape == (2, 5)
    assert logits.isfinite().all()


@pytest.mark.parametrize("architecture", ["fcnn", "embedding"])
def test_a_row_of_numbers_is_mapped_to_logits_too(architecture: str) -> None:
    network = build(model(architecture), ROW.shape, classes=5).eval()
    assert network(torch.zeros(3, *ROW.shape)).shape == (3, 5)


@pytest.mark.parametrize("architecture", OPTIONS["head"])
def test_a_head_of_attention_says_what_calls_in_each_frame(architecture: str) -> None:
    network = build(model(architecture, head="attention"), MFCC.shape, classes=5).eval()
    assert isinstance(network, FrameWise)
    with torch.inference_mode():
        clip, frames = network.clip_and_frames(pictures(MFCC))
        assert torch.equal(clip, network(pictures(MFCC)))
    assert frames.shape[:2] == clip.shape == (2, 5)
    # The clip's logit is a weighted mean of its frames'.
    assert ((frames.amin(2) - 1e-4 <= clip) & (clip <= frames.amax(2) + 1e-4)).all()


# The others' weights are more, and take seconds to draw.
@pytest.mark.parametrize("architecture", ["cnn", "efficientnet_b0", "ensemble", "fcnn", "mobilenetv2"])
def test_the_seed_decides_the_first_weights(architecture: str) -> None:
    def weights(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        network = build(model(architecture), LOG_MEL.shape, 5)
        return torch.cat([p.flatten() for p in network.parameters()])

    first = weights(1)
    assert torch.equal(weights(1), first)
    assert not torch.equal(weights(2), first)


def test_mobilenetv2_is_timms_with_blocks_that_begin_as_bypasses() -> None:
    make_importable()
    import timm

    torch.manual_seed(3)
    expected = timm.create_model("mobilenetv2_100", in_chans=1, num_classes=5).state_dict()
    torch.manual_seed(3)
    found = build(Model(), LOG_MEL.shape, 5).state_dict()

    bypassed = {name for name in expected if not torch.equal(found[name], expected[name])}
    assert found.keys() == expected.keys()
    assert len(bypassed) == 10
    assert all(name.endswith("bn3.weight") and not found[name].any() for name in bypassed)


def test_inception_learns_from_pictures_that_are_low() -> None:
    network = build(model("inception_v3"), (20, 100), 3)
    network(torch.randn(2, 1, 20, 100)).sum().backward()
    assert all(p.grad is not None for p in network.parameters())


def test_the_fully_connected_network_is_made_as_it_is_described() -> None:
    network = build(
        model("fcnn", hidden=(6, 4), activation="LeakyReLU", activation_options={"negative_slope": 0.3}),
        (3, 7),
        2,
    )
    sizes = [(m.in_features, m.out_features) for m in network.modules() if isinstance(m, nn.Linear)]
    leaky = [m.negative_slope for m in network.modules() if isinstance(m, nn.LeakyReLU)]
    normalized = [m.num_features for m in network.modules() if isinstance(m, nn.BatchNorm1d)]
    assert (sizes, leaky, normalized) == ([(21, 6), (6, 4), (4, 2)], [0.3, 0.3], [21, 6, 4])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"activation": "LeakyRelu"}, r"LeakyRelu is no activation of torch\.nn\. Did you mean LeakyReLU\?"),
        ({"activation": "Linear"}, r"Linear is no activation"),
        ({"activation_options": {"slope": 0.1}}, r"{'slope': 0.1} do not fit torch\.nn\.ReLU: .*slope"),
    ],
)
def test_an_activation_that_torch_does_not_know_is_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(WrongUse, match=said):
        build(model("fcnn", **options), (3,), 2)


@pytest.mark.parametrize("head", ["linear", "attention"])
def test_what_is_frozen_stays_as_it_is_while_its_head_learns(head: str) -> None:
    torch.manual_seed(1)
    network = build(model("mobilenetv2", head=head, frozen=True, weights="some.pth"), (32, 33), 3).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    learning = [p for p in network.parameters() if p.requires_grad]

    network(torch.randn(4, 1, 32, 33)).square().sum().backward()
    torch.optim.SGD(learning, lr=0.1).step()

    changed = {name for name, tensor in network.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed
    assert not any(name.startswith("backbone.") for name in changed)


@pytest.mark.parametrize("architecture", ON_PICTURES)
def test_a_network_for_pictures_refuses_a_row_of_numbers(architecture: str) -> None:
    with pytest.raises(WrongUse, match=r"looks at pictures.* 20 numbers\. Set audio\.aggregate to none"):
        build(model(architecture), ROW.shape, 5)


def test_a_layer_on_embeddings_refuses_pictures() -> None:
    with pytest.raises(WrongUse, match=r"embedding reads a row .* 20 × 200\. Take model\.architecture fcnn"):
        build(model("embedding"), MFCC.shape, 5)


def test_an_unknown_architecture_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(WrongUse, match=r"no architecture mobilnet\. Did you mean mobilenetv2\?"):
        build(Model(architecture="mobilnet"), LOG_MEL.shape, 5)


def test_what_is_built_is_exported_as_it_is(tmp_path: Path) -> None:
    members = (model("fcnn"), model("cnn", head="attention", width=8))
    settings = model("ensemble", members=members)
    torch.manual_seed(1)
    network = build(settings, (20, 40), 3).eval()
    windows = np.random.default_rng(1).standard_normal((5, 20, 40), np.float32)
    assert export(network, windows, tmp_path / "model.onnx") < 1e-4


@pytest.mark.slow
def test_a_stretched_picture_is_exported_too(tmp_path: Path) -> None:
    torch.manual_seed(1)
    network = build(model("inception_v3"), (20, 80), 3).eval()
    windows = np.random.default_rng(1).standard_normal((3, 20, 80), np.float32)
    assert export(network, windows, tmp_path / "model.onnx") < 1e-4
