"""A bundle as a repository of Triton's, and Triton's own answers to it."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import onnx
import pytest
from fastapi.testclient import TestClient
from onnx import TensorProto, helper

from silencio.audio import Features, windows_of
from silencio.errors import SilencioError, WrongUse
from silencio.handover import Kind, seal
from silencio.optimize.bundle import Bundle
from silencio.serving.app import create_app
from silencio.serving.process import free_port, start
from silencio.serving.service import Service
from silencio.serving.triton.client import TritonModel
from silencio.serving.triton.config import Backend, Device
from silencio.serving.triton.repository import export
from silencio.settings import Batching, Serving
from tests.bundles import SPECIES, TONES, make_bundle, tone

DEBIANS = Path("/usr/bin/python3.11")
"""Triton's embedded Python is linked against the system's."""
READS = """
import sys
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2
for path in sys.argv[1:]:
    read = text_format.Parse(open(path).read(), model_config_pb2.ModelConfig())
    print(read.name, read.backend, read.max_batch_size, read.dynamic_batching.priority_levels,
          read.instance_group[0].kind, len(read.optimization.execution_accelerators.gpu_execution_accelerator))
"""
"""The schema is Triton's own."""


def test_a_repository_holds_the_model_its_labels_and_which_bundle_it_is_of(
    bundle: Bundle, tmp_path: Path
) -> None:
    cpu, tensorrt = export(bundle, tmp_path)
    assert (cpu, tensorrt) == (tmp_path / "cpu", tmp_path / "tensorrt")
    for repository in (cpu, tensorrt):
        model = repository / "silencio"
        assert (model / "1/model.onnx").read_bytes() == (bundle.folder / "model.onnx").read_bytes()
        assert (model / "labels.txt").read_text().split() == [s.code for s in SPECIES]
        assert bundle.digest in (model / "config.pbtxt").read_text()


def test_what_the_service_is_set_to_triton_is_set_to(bundle: Bundle, tmp_path: Path) -> None:
    settings = Serving(
        deadline_seconds=2, batching=Batching(largest=8, wait_ms=7, queue=100, bulk_share=0.25)
    )
    (cpu,) = export(bundle, tmp_path, devices=[Device.CPU], settings=settings, instances=3)
    text = (cpu / "silencio/config.pbtxt").read_text()
    for said in (
        "max_batch_size: 8",
        "preferred_batch_size: [ 4, 8 ]",
        "max_queue_delay_microseconds: 7000",
        "default_timeout_microseconds: 2000000",
        "max_queue_size: 100",
        "max_queue_size: 25",
        "count: 3 kind: KIND_CPU",
        "dims: [ 1, 32, 51 ]",
        "dims: [ 3 ]",
    ):
        assert said in text, said


def test_a_newer_version_stands_beside_the_older_and_none_is_written_over(
    bundle: Bundle, tmp_path: Path
) -> None:
    export(bundle, tmp_path)
    with pytest.raises(WrongUse, match="there already"):
        export(bundle, tmp_path)
    export(bundle, tmp_path, version=2)
    there = {path.name for path in (tmp_path / "cpu/silencio").iterdir() if path.is_dir()}
    assert there == {"1", "2"}


def test_a_graph_that_tensorrt_cannot_read_is_not_exported_for_it(tmp_path: Path) -> None:
    bundle = quantized(make_bundle(tmp_path / "bundle"))
    with pytest.raises(WrongUse, match="QLinear"):
        export(bundle, tmp_path / "repository", devices=list(Device))
    assert not (tmp_path / "repository").exists()
    assert [path.name for path in export(bundle, tmp_path / "repository")] == ["cpu"]


def test_a_server_that_is_not_there_is_said_to_be_away(bundle: Bundle) -> None:
    with pytest.raises(SilencioError, match="does not answer"):
        TritonModel(f"http://127.0.0.1:{free_port()}", bundle)


def quantized(bundle: Bundle) -> Bundle:
    """With one of ONNX's quantized operators in its graph."""
    model = onnx.load(bundle.folder / "model.onnx")
    for name in ("scale", "zero"):
        kind = TensorProto.FLOAT if name == "scale" else TensorProto.UINT8
        model.graph.initializer.append(helper.make_tensor(name, kind, [], [1]))
    model.graph.node.append(helper.make_node("QuantizeLinear", ["logits", "scale", "zero"], ["whole"]))
    inputs = ["whole", "scale", "zero", "whole", "scale", "zero", "scale", "zero"]
    model.graph.node.append(helper.make_node("QLinearAdd", inputs, ["sum"], domain="com.microsoft"))
    onnx.save(model, bundle.folder / "model.onnx")
    seal(bundle.folder, Kind.BUNDLE, bundle.facts)
    return Bundle.open(bundle.folder)


@pytest.fixture(scope="module")
def triton(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site-packages of an environment of its own, with the Triton that PyPI carries."""
    uv = shutil.which("uv") or str(Path(".venv/bin/uv").resolve())
    if not DEBIANS.exists() or not Path(uv).exists():
        pytest.skip(f"needs {DEBIANS} and uv")
    home = tmp_path_factory.mktemp("triton")
    subprocess.run([uv, "venv", "--quiet", "--python", str(DEBIANS), str(home)], check=True, cwd=home)
    wanted = ["nvidia-pytriton==0.7.0", "onnxruntime", "numpy<2"]  # its Python backend knows no numpy 2
    install = [uv, "pip", "install", "--quiet", "--python", str(home / "bin/python"), *wanted]
    done = subprocess.run(
        install, capture_output=True, text=True, check=False, cwd=home
    )  # not by our own overrides
    if done.returncode:
        pytest.skip(f"needs nvidia-pytriton from PyPI: {done.stderr.strip()[-200:]}")
    site = home / "lib/python3.11/site-packages"
    server = site / "pytriton/tritonserver"
    shutil.copy(server / "python_backend_stubs/3.11/triton_python_backend_stub", server / "backends/python")
    return site


@pytest.fixture(scope="module")
def address(triton: Path, bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    address, stop = started(triton, bundle, tmp_path_factory.mktemp("repository"))
    yield address
    stop()


def started(triton: Path, bundle: Bundle, folder: Path) -> tuple[str, Callable[[], None]]:
    """A Triton that serves the bundle, and how to stop it; it has the Python backend alone."""
    (cpu,) = export(bundle, folder, Backend.PYTHON, [Device.CPU])
    server, ports = triton / "pytriton/tritonserver", {w: free_port() for w in ("http", "grpc", "metrics")}
    options = [f"--{what}-{key}" for what in ports for key in ("address", "port")]
    values = [value for port in ports.values() for value in ("127.0.0.1", str(port))]
    command = [
        "env",
        f"PYTHONPATH={triton}",
        f"LD_LIBRARY_PATH={triton / 'nvidia_pytriton.libs'}",
        str(server / "bin/tritonserver"),
        f"--model-repository={cpu}",
        f"--backend-directory={server / 'backends'}",
        "--exit-timeout-secs=1",
        *(f"{option}={value}" for option, value in zip(options, values, strict=True)),
    ]
    address = f"http://127.0.0.1:{ports['http']}"
    process = start(command, folder / "triton.log", f"{address}/v2/health/ready")
    return address, process.stop


@pytest.mark.slow
def test_triton_reads_what_is_written_for_it(triton: Path, bundle: Bundle, tmp_path: Path) -> None:
    paths = []
    for backend in Backend:
        written = export(bundle, tmp_path / backend, backend)
        paths += [str(repository / "silencio/config.pbtxt") for repository in written]
    python = triton.parents[2] / "bin/python"
    said = subprocess.run([python, "-c", READS, *paths], capture_output=True, text=True, check=True)
    lines = said.stdout.splitlines()
    assert lines[::2] == [f"silencio {backend} 16 2 2 0" for backend in Backend]
    assert lines[1::2] == ["silencio onnxruntime 16 2 1 1"] * 3


@pytest.mark.slow
def test_triton_hears_what_the_bundle_hears(address: str, bundle: Bundle) -> None:
    model, features = TritonModel(address, bundle), Features(bundle.front_end)
    for code in TONES:
        windows = windows_of(tone(code, 20.0), features).features
        assert np.array_equal(model.probabilities(windows), bundle.model().probabilities(windows))


@pytest.mark.slow
def test_triton_puts_requests_together(address: str, bundle: Bundle) -> None:
    model, features = TritonModel(address, bundle), Features(bundle.front_end)
    window = windows_of(tone("frogli1"), features).features
    with ThreadPoolExecutor(16) as crowd:
        list(crowd.map(lambda _: model.probabilities(window), range(300)))
    (stats,) = httpx.get(f"{address}/v2/models/silencio/stats", trust_env=False).json()["model_stats"]
    sizes = {batch["batch_size"] for batch in stats["batch_stats"]}
    assert stats["execution_count"] < stats["inference_count"], json.dumps(stats["batch_stats"])
    assert max(sizes) > 1


@pytest.mark.slow
def test_a_triton_with_another_bundle_is_refused(address: str, tmp_path: Path) -> None:
    other = make_bundle(tmp_path / "other", tones=dict(zip(TONES, reversed(TONES.values()), strict=True)))
    with pytest.raises(SilencioError, match="this service is of"):
        TritonModel(address, other)


@pytest.mark.slow
def test_a_service_asks_triton_and_says_so_when_it_is_away(
    triton: Path, bundle: Bundle, tmp_path: Path
) -> None:
    address, stop = started(triton, bundle, tmp_path)
    with TestClient(create_app(Service.of(bundle, Serving(triton=address)))) as service:
        heard = service.post("/v1/identify", content=tone("frogli1", 3.0)).json()
        stop()
        away = service.post("/v1/identify", content=tone("frogli1", 3.0))
    assert [species["code"] for species in heard["species"]] == ["frogli1"]
    with TestClient(create_app(Service.of(bundle))) as service:
        own = service.post("/v1/identify", content=tone("frogli1", 3.0)).json()
    assert heard["windows"] == own["windows"]
    assert away.status_code == 503
    assert away.headers["retry-after"]
