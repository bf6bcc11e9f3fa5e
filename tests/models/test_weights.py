"""Published weights: files of their names and shapes go in, and whatever is amiss is said."""

import logging
import pickle
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from silencio.data.download.patience import Patience
from silencio.errors import SilencioError, WrongUse
from silencio.identity import digest_of_file
from silencio.models import build
from silencio.models.cnn14 import PUBLISHED as PANNS
from silencio.models.torch_beside import make_importable
from silencio.models.weights import Sources, begin_with, bring
from silencio.settings import FrontEnd, Model

SHAPE = (32, 33)
FRONT_END = FrontEnd()
assert PANNS.front_end is not None
PANNS_FRONT_END = PANNS.front_end


def published(name: str, **options: object) -> dict[str, Tensor]:
    """What timm's network of that name is published as: three channels, ImageNet's classes."""
    make_importable()
    import timm

    torch.manual_seed(11)
    tensors: dict[str, Tensor] = timm.create_model(name, **options).state_dict()
    return tensors


@pytest.fixture(scope="module")
def mobilenet() -> dict[str, Tensor]:
    return published("mobilenetv2_100")


def fresh(settings: Model, classes: int = 5, shape: tuple[int, ...] = SHAPE) -> nn.Module:
    torch.manual_seed(1)
    return build(settings, shape, classes)


def saved(tensors: dict[str, Tensor], path: Path) -> Path:
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
    return path


@pytest.mark.parametrize("head", ["linear", "attention"])
@pytest.mark.parametrize("frozen", [False, True])
def test_weights_of_photographs_are_taken_for_pictures_of_one_channel(
    mobilenet: dict[str, Tensor], tmp_path: Path, head: str, frozen: bool
) -> None:
    file = saved(mobilenet, tmp_path / "mobilenet.safetensors")
    settings = Model.model_validate({"head": head, "frozen": frozen, "weights": str(file)})
    network = fresh(settings)

    fitted = begin_with(network, file, settings, FRONT_END)

    own = {name.removeprefix("backbone."): tensor for name, tensor in network.state_dict().items()}
    assert torch.equal(own["conv_stem.weight"], mobilenet["conv_stem.weight"].sum(1, keepdim=True))
    assert torch.equal(own["conv_head.weight"], mobilenet["conv_head.weight"])
    assert {name.removeprefix("backbone.") for name in fitted.left_out} == {
        "classifier.weight",
        "classifier.bias",
    }
    assert (fitted.unfit, fitted.missing) == ((), ())


def test_one_channel_that_is_three_times_the_same_looks_as_before(
    mobilenet: dict[str, Tensor], tmp_path: Path
) -> None:
    settings, file = Model(), saved(mobilenet, tmp_path / "mobilenet.safetensors")
    networks = [fresh(settings, 1000, shape).eval() for shape in (SHAPE, (3, *SHAPE))]
    for network in networks:
        begin_with(network, file, settings, FRONT_END)
    picture = torch.randn(2, 1, *SHAPE)
    torch.testing.assert_close(networks[0](picture), networks[1](picture.expand(2, 3, *SHAPE)))


@pytest.mark.parametrize(
    ("architecture", "name", "options"),
    [
        ("efficientnet_b0", "efficientnet_b0", {}),
        ("resnet50", "resnet50", {}),
        ("inception_v3", "inception_v3", {"aux_logits": True}),
    ],
)
def test_every_network_of_timm_takes_what_is_published_for_it(
    architecture: str, name: str, options: dict[str, object], tmp_path: Path
) -> None:
    file = saved(published(name, **options), tmp_path / "published.safetensors")
    fitted = begin_with(
        fresh(Model(architecture=architecture)), file, Model(architecture=architecture), FRONT_END
    )
    assert (fitted.unfit, fitted.missing) == ((), ())
    assert all(name.startswith(("classifier.", "fc.", "AuxLogits.")) for name in fitted.left_out)


@pytest.fixture(scope="module")
def panns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the names and shapes of Cnn14_mAP=0.431.pth."""
    tensors: dict[str, Tensor] = {
        "spectrogram_extractor.stft.conv_real.weight": torch.zeros(513, 1, 1024),
        "spectrogram_extractor.stft.conv_imag.weight": torch.zeros(513, 1, 1024),
        "logmel_extractor.melW": torch.zeros(513, 64),
    }
    widths = (1, 64, 128, 256, 512, 1024, 2048)

    def norm(name: str, size: int) -> dict[str, Tensor]:
        values = {"weight": 1.1, "bias": 0.1, "running_mean": 0.2, "running_var": 0.9}
        return {f"{name}.{part}": torch.full((size,), value) for part, value in values.items()} | {
            f"{name}.num_batches_tracked": torch.tensor(7)
        }

    tensors |= norm("bn0", 64)
    for number in range(1, 7):
        before, after = widths[number - 1 : number + 1]
        block = f"conv_block{number}"
        tensors[f"{block}.conv1.weight"] = torch.full((after, before, 3, 3), 0.01)
        tensors[f"{block}.conv2.weight"] = torch.full((after, after, 3, 3), 0.001)
        tensors |= norm(f"{block}.bn1", after) | norm(f"{block}.bn2", after)
    tensors |= {"fc1.weight": torch.full((2048, 2048), 1e-3), "fc1.bias": torch.zeros(2048)}
    tensors |= {"fc_audioset.weight": torch.zeros(527, 2048), "fc_audioset.bias": torch.zeros(527)}
    path = tmp_path_factory.mktemp("panns") / "Cnn14_mAP=0.431.pth"
    torch.save({"iteration": 600_000, "model": tensors}, path)
    return path


def test_the_checkpoint_of_panns_goes_into_cnn14_and_nothing_is_left_over(panns: Path) -> None:
    settings = Model(architecture="cnn14", weights=str(panns), frozen=True)
    network = fresh(settings, shape=PANNS_FRONT_END.shape)

    fitted = begin_with(network, panns, settings, PANNS_FRONT_END)

    assert (fitted.unfit, fitted.missing) == ((), ())
    assert {name.split(".")[1] for name in fitted.left_out} == {
        "spectrogram_extractor",
        "logmel_extractor",
        "fc_audioset",
    }
    assert (network.state_dict()["backbone.conv_block6.conv2.weight"] == 0.001).all()
    assert (network.state_dict()["backbone.bn0.running_mean"] == 0.2).all()


def test_the_weights_of_panns_are_refused_where_the_front_end_is_not_theirs(panns: Path) -> None:
    settings = Model(architecture="cnn14", weights=str(panns))
    with pytest.raises(
        WrongUse, match=r"fmax 16000\.0, top_db 80\.0, normalize standard\. Set .*audio.fmax to 14"
    ):
        begin_with(nn.Identity(), panns, settings, FrontEnd(n_mels=64))


def test_a_checkpoint_of_our_own_goes_in_again_under_other_classes_and_unfrozen(
    tmp_path: Path,
) -> None:
    file = tmp_path / "model.safetensors"
    own = fresh(Model(architecture="cnn", frozen=True, weights="x")).state_dict()
    fitted = begin_with(
        fresh(Model(architecture="cnn"), classes=7), saved(own, file), Model(architecture="cnn"), FRONT_END
    )
    assert set(fitted.left_out) == {"head.1.1.weight", "head.1.1.bias"}
    assert (fitted.unfit, fitted.missing) == ((), ())


def test_what_torch_saved_of_many_devices_is_read_as_well(
    mobilenet: dict[str, Tensor], tmp_path: Path
) -> None:
    file = tmp_path / "mobilenet.pth"
    torch.save({"state_dict": {f"module.{name}": tensor for name, tensor in mobilenet.items()}}, file)
    assert begin_with(fresh(Model()), file, Model(), FRONT_END).unfit == ()


def test_a_few_names_that_fit_nowhere_are_told(
    mobilenet: dict[str, Tensor], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tensors = mobilenet | {"extra.weight": torch.zeros(1)}
    del tensors["bn1.weight"]
    with caplog.at_level(logging.WARNING):
        fitted = begin_with(fresh(Model()), saved(tensors, tmp_path / "m.safetensors"), Model(), FRONT_END)
    assert (fitted.unfit, fitted.missing) == (("extra.weight",), ("bn1.weight",))
    assert (
        "1 (extra.weight) of the file fit nowhere, 1 (bn1.weight) of the network were not there"
        in caplog.text
    )


def test_the_weights_of_another_network_are_refused_and_nothing_of_them_is_loaded(
    mobilenet: dict[str, Tensor], tmp_path: Path
) -> None:
    network = fresh(Model(architecture="efficientnet_b0"))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with pytest.raises(WrongUse, match=r"another network than efficientnet_b0: \d+ \(.*, …\) of the file"):
        begin_with(
            network,
            saved(mobilenet, tmp_path / "m.safetensors"),
            Model(architecture="efficientnet_b0"),
            FRONT_END,
        )
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


class Trap:
    """Runs when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self._mark,)


def test_a_pickle_with_code_inside_is_refused_and_the_code_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "run"
    torch.save({"model": {"a": torch.zeros(1)}, "sampler": Trap(mark)}, tmp_path / "trap.pth")
    (tmp_path / "bare.pth").write_bytes(pickle.dumps(Trap(mark)))
    for name in ("trap.pth", "bare.pth"):
        with pytest.raises(WrongUse, match=r"more than tensors.*convert it to safetensors.*docs/weights\.md"):
            begin_with(fresh(Model()), tmp_path / name, Model(), FRONT_END)
    assert not mark.exists()


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 cut short", b"\x08" + b"\0" * 7 + b"{not json", b"<html>no</html>"]
)
def test_a_file_that_is_none_of_weights_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(content)
    with pytest.raises(WrongUse, match=r"broken (is no|holds more than)"):
        begin_with(fresh(Model()), tmp_path / "broken", Model(), FRONT_END)


def test_a_list_of_tensors_has_no_names(tmp_path: Path) -> None:
    torch.save([torch.zeros(1)], tmp_path / "list.pth")
    with pytest.raises(WrongUse, match=r"list\.pth holds no tensors by name"):
        begin_with(fresh(Model()), tmp_path / "list.pth", Model(), FRONT_END)


def test_without_weights_nothing_is_brought(tmp_path: Path) -> None:
    assert bring(Model(), Sources(tmp_path / "none")) is None
    assert not (tmp_path / "none").exists()


def test_a_file_that_is_absent_is_named_with_where_to_look(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"no file .*gone\.pth.* for cnn14\. .*docs/weights\.md"):
        bring(Model(architecture="cnn14", weights=str(tmp_path / "gone.pth")), Sources(tmp_path))


def test_a_file_of_another_digest_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "weights.pth"
    file.write_bytes(b"weights")
    good = Model(weights=str(file), weights_digest=digest_of_file(file))
    assert bring(good, Sources(tmp_path)) == file
    file.write_bytes(b"others")
    with pytest.raises(WrongUse, match=r"has the digest \w{64}, and model\.weights_digest is"):
        bring(good, Sources(tmp_path))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address under which a server offers it."""
    folder = tmp_path / "site"
    folder.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_address_is_asked_once_and_then_the_file_is_there(site: tuple[Path, str], tmp_path: Path) -> None:
    folder, address = site
    (folder / "weights.safetensors").write_bytes(b"weights")
    settings, sources = Model(weights=f"{address}/weights.safetensors?v=2"), Sources(tmp_path / "kept")

    first = bring(settings, sources)
    (folder / "weights.safetensors").unlink()
    second = bring(settings, sources)

    assert first is not None
    assert first == second
    assert first.read_bytes() == b"weights"
    assert {p.suffix for p in sources.folder.iterdir()} == {".safetensors", ".lock"}


@pytest.mark.parametrize(
    ("name", "said"), [("gone.pth", "answered 404"), ("large.pth", "longer than 10 bytes")]
)
def test_an_address_without_a_file_that_fits_is_an_error_and_leaves_none(
    site: tuple[Path, str], tmp_path: Path, name: str, said: str
) -> None:
    folder, address = site
    (folder / "large.pth").write_bytes(b"weights" * 10)
    sources = Sources(tmp_path / "kept", patience=Patience(attempts=1), max_bytes=10)
    with pytest.raises(SilencioError, match=f"{name} did not come: .*{said}.*name the file in model.weights"):
        bring(Model(weights=f"{address}/{name}"), sources)
    assert not list(sources.folder.glob("*.pth"))


def test_an_address_of_a_strange_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SilencioError, match="neither http nor https"):
        bring(Model(weights="ftp://example.org/weights.pth"), Sources(tmp_path))


def test_a_run_of_mlflow_gives_the_weights_that_it_keeps(tmp_path: Path) -> None:
    from mlflow import MlflowClient

    uri = f"sqlite:///{tmp_path}/mlflow.db"
    client = MlflowClient(uri)
    experiment = client.create_experiment("one", artifact_location=(tmp_path / "artifacts").as_uri())
    run = client.create_run(experiment).info.run_id
    file = saved({"a": torch.ones(2)}, tmp_path / "model.safetensors")
    client.log_artifact(run, str(file), "checkpoint")
    client.create_registered_model("frogs")
    client.create_model_version(
        "frogs", (tmp_path / "artifacts" / run / "artifacts/checkpoint").as_uri(), run
    )
    client.set_registered_model_alias("frogs", "champion", "1")
    sources = Sources(tmp_path / "kept", uri)

    for name in (
        f"runs:/{run}/checkpoint/model.safetensors",
        f"runs:/{run}/checkpoint",
        "models:/frogs@champion",
    ):
        brought = bring(Model(weights=name), sources)
        assert brought is not None
        assert brought.read_bytes() == file.read_bytes()
    with pytest.raises(WrongUse, match=r"MLflow has no models:/toads/1"):
        bring(Model(weights="models:/toads/1"), sources)
    client.log_artifact(run, str(saved({"b": torch.ones(2)}, tmp_path / "other.pt")), "checkpoint")
    with pytest.raises(WrongUse, match=r"one file of weights .* holds model\.safetensors, other\.pt\. Name"):
        bring(Model(weights=f"runs:/{run}/checkpoint"), sources)
