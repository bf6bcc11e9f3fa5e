"""One contract for every engine; what only one of them has is below."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from silencio.errors import SilencioError
from silencio.models import build
from silencio.optimize.engines.by_onnxruntime import OnnxModel, lacks
from silencio.optimize.engines.by_openvino import OpenVinoModel
from silencio.optimize.engines.model import BATCH
from silencio.optimize.engines.model import Model as Engine
from silencio.optimize.engines.runs_on import RunsOn, open_model
from silencio.optimize.export import export
from silencio.optimize.makers.by_onnxruntime import ort_static
from silencio.optimize.makers.by_torch import torchscript
from silencio.optimize.makers.material import Material
from silencio.optimize.recipes import RECIPES
from silencio.settings import FrontEnd, Model

FRONT_END = FrontEnd(sample_rate=16_000, window_seconds=1, hop_seconds=1, n_mels=32, fmax=8_000)
CLOSE = {"fp32": 1e-4, "bf16": 0.05, "int8": 0.1}
"""How far a probability may be from full precision's."""


@pytest.fixture(scope="module")
def windows() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((40, *FRONT_END.shape)).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, windows: np.ndarray) -> Path:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("engines")
    network = build(Model(architecture="cnn", width=8), FRONT_END.shape, 5).eval()
    export(network, windows[:4], folder / "fp32.onnx")
    material = Material(folder / "fp32.onnx", network, windows, lambda path: 0.0, 0.0)
    ort_static(material, folder / "ort_static.onnx")
    torchscript(material, folder / "torchscript.pt")
    return folder


RUN = ("fp32", "ort_static", "openvino_fp32", "openvino_bf16", "openvino_int8", "torchscript")


@pytest.fixture(params=RUN)
def name(request: pytest.FixtureRequest) -> str:
    if why := RECIPES[request.param].lacks():
        pytest.skip(why)
    return request.param


def opened(name: str, folder: Path, threads: int = 1) -> Engine:
    return RECIPES[name].open(folder / RECIPES[name].file, threads)


def test_an_engine_says_nearly_what_full_precision_says(name: str, folder: Path, windows: np.ndarray) -> None:
    said = opened(name, folder).probabilities(windows)
    assert (said.shape, said.dtype) == ((40, 5), np.float32)
    meant = OnnxModel(folder / "fp32.onnx").probabilities(windows)
    assert np.abs(said - meant).max() < CLOSE[RECIPES[name].precision]


def test_batches_of_any_size_are_answered_alike(name: str, folder: Path, windows: np.ndarray) -> None:
    model = opened(name, folder)
    alone = np.concatenate([model.probabilities(windows[i : i + 1]) for i in range(5)])
    np.testing.assert_allclose(
        model.probabilities(windows)[:5], alone, atol=CLOSE[RECIPES[name].precision] / 5
    )


def test_several_threads_may_ask_at_once(name: str, folder: Path, windows: np.ndarray) -> None:
    model = opened(name, folder)
    parts = [windows[i : i + 8] for i in range(0, 40, 8)]
    expected = [model.probabilities(part) for part in parts]
    with ThreadPoolExecutor(4) as crowd:
        answers = list(crowd.map(model.probabilities, parts * 4))
    for answer, meant in zip(answers, expected * 4, strict=True):
        np.testing.assert_allclose(answer, meant, atol=1e-5)


def test_an_answer_stays_as_it_is_when_the_next_question_is_asked(
    name: str, folder: Path, windows: np.ndarray
) -> None:
    model = opened(name, folder)
    first = model.logits(windows[:4])
    kept = first.copy()
    model.logits(windows[4:8])
    assert np.array_equal(first, kept)


@pytest.mark.parametrize("open_engine", [OnnxModel, OpenVinoModel])
def test_a_file_that_is_no_model_is_refused_by_its_name(open_engine: type[Engine], tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"no model at all")
    with pytest.raises(SilencioError, match=r"cannot open .*model\.onnx"):
        open_engine(path)


def test_a_provider_that_is_not_there_is_named() -> None:
    assert lacks("CPUExecutionProvider") == ""
    assert "no MadeUpExecutionProvider, only" in lacks("MadeUpExecutionProvider")


def test_an_engine_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "engine.json"
    RunsOn("abacus").write(path)
    with pytest.raises(SilencioError, match="names the engine 'abacus'"):
        RunsOn.read(path)


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_a_bundles_engine_is_opened_by_its_name(engine: str, folder: Path, windows: np.ndarray) -> None:
    model = partial(open_model, folder / "fp32.onnx", RunsOn(engine))()
    kinds = {"onnxruntime": OnnxModel, "openvino": OpenVinoModel}
    assert type(model) is kinds[engine]
    assert model.logits(windows[:1]).shape == (1, 5)


def test_openvino_compiles_for_every_size_before_anybody_asks(
    folder: Path, windows: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, sizes = OpenVinoModel(folder / "fp32.onnx"), []
    batch = model.batch

    def seen(pictures: np.ndarray) -> np.ndarray:
        sizes.append(len(pictures))
        return batch(pictures)

    monkeypatch.setattr(model, "batch", seen)
    model.warm(windows[:1])

    assert set(sizes) == set(range(1, BATCH + 1))
