"""A bundle as Triton's model repositories: one a device, for Triton loads all that one holds.

OUT/cpu/silencio/config.pbtxt  labels.txt  1/model.onnx
OUT/tensorrt/silencio/…
"""

import shutil
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import onnx

from silencio.audio.pictures import channels
from silencio.errors import WrongUse
from silencio.optimize.bundle import ENGINE, MODEL, Bundle
from silencio.serving.triton.config import Backend, Described, Device, config
from silencio.settings import Serving

NAME = "silencio"


def export(
    bundle: Bundle,
    folder: Path,
    backend: Backend | None = None,
    devices: Sequence[Device] = (),
    settings: Serving = Serving(),
    instances: int = 1,
    version: int = 1,
    name: str = NAME,
) -> list[Path]:
    """The repositories that were written, one a device, each whole or not there at all.

    An exported version beside those that a repository has already is a new one for Triton to load. Without a backend,
    it is that of the engine that the bundle was chosen for; without devices, all that can read the model.
    """
    graph = onnx.load(bundle.folder / MODEL)
    model = described(bundle, graph, name)
    readable = _tensorrt_reads(graph)
    if Device.TENSORRT in devices and not readable:
        raise WrongUse(
            "This bundle's model computes in ONNX's quantized operators (QLinearConv …), which TensorRT does not read.",
            "Export a bundle whose variant is fp32, ort_static or openvino_int8, or name --device cpu alone.",
        )
    devices = devices or [device for device in Device if device is not Device.TENSORRT or readable]
    return [
        _write(bundle, model, folder / device, backend, device, settings, instances, version)
        for device in devices
    ]


def described(bundle: Bundle, graph: onnx.ModelProto, name: str = NAME) -> Described:
    shape = bundle.front_end.shape
    return Described(
        name=name,
        bundle=bundle.digest,
        input=graph.graph.input[0].name,
        shape=(channels(shape), *shape[-2:]) if len(shape) > 1 else shape,
        output=graph.graph.output[0].name,
        classes=len(bundle.species),
        precision=bundle.runs_on.precision,
    )


def _write(
    bundle: Bundle,
    model: Described,
    repository: Path,
    backend: Backend | None,
    device: Device,
    settings: Serving,
    instances: int,
    version: int,
) -> Path:
    # TensorRT is reached through ONNX Runtime, whatever runs the model on a processor.
    used = Backend.ONNXRUNTIME if device is Device.TENSORRT else backend or Backend(bundle.runs_on.engine)
    numbered = repository / model.name / str(version)
    if numbered.exists():
        raise WrongUse(
            f"{numbered} is there already.", "Name another --as-version, or another folder to write to."
        )
    partial = numbered.with_name(f"{version}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    shutil.copyfile(bundle.folder / MODEL, partial / MODEL)
    if used is Backend.PYTHON:
        shutil.copyfile(bundle.folder / ENGINE, partial / ENGINE)
        (partial / "model.py").write_text((files("silencio.serving.triton") / "python_model.py").read_text())
    (numbered.parent / "labels.txt").write_text("".join(f"{s.code}\n" for s in bundle.species))
    (numbered.parent / "config.pbtxt").write_text(config(model, used, device, settings, instances))
    partial.rename(numbered)
    return repository


def _tensorrt_reads(graph: onnx.ModelProto) -> bool:
    return not any(node.op_type.startswith("QLinear") for node in graph.graph.node)
