"""What makes a bundle's folder a model to MLflow: how to load its ONNX file, what goes in, and what comes out."""

from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnx
from mlflow import pyfunc
from mlflow.models import Model, ModelSignature
from mlflow.types import Schema, TensorSpec

from silencio.optimize.bundle import MODEL, Bundle

DESCRIPTION, REQUIREMENTS = "MLmodel", "requirements.txt"
AROUND = (DESCRIPTION, REQUIREMENTS)
"""Files that lie beside a bundle's own in MLflow and are none of it."""
NEEDED = ("mlflow", "numpy", "onnx", "onnxruntime")


def write_around(bundle: Bundle, folder: Path) -> list[Path]:
    """The files of `AROUND`, in `folder`. Nobody opens a session for it: the file itself says its shapes."""
    described = Model(signature=signature_of(bundle.folder / MODEL), metadata={"bundle": bundle.digest})
    pyfunc.add_to_model(described, loader_module="mlflow.onnx", data=MODEL)
    described.add_flavor(
        "onnx",
        onnx_version=onnx.__version__,
        data=MODEL,
        providers=["CPUExecutionProvider"],
        onnx_session_options=None,
        code=None,
    )
    described.save(str(folder / DESCRIPTION))
    (folder / REQUIREMENTS).write_text("".join(f"{name}=={version(name)}\n" for name in NEEDED))
    return [folder / name for name in AROUND]


def signature_of(model: Path) -> ModelSignature:
    """From a batch of windows, [windows, …], to a batch of logits, [windows, classes]."""
    graph = onnx.load(str(model), load_external_data=False).graph
    # Old files list their weights among their inputs.
    weights = {tensor.name for tensor in graph.initializer}
    return ModelSignature(
        _schema(value for value in graph.input if value.name not in weights), _schema(graph.output)
    )


def _schema(values: Iterable[onnx.ValueInfoProto]) -> Schema:
    return Schema([TensorSpec(np.dtype(np.float32), _shape(value), value.name) for value in values])


def _shape(value: onnx.ValueInfoProto) -> tuple[int, ...]:
    """-1: any number."""
    dimensions = value.type.tensor_type.shape.dim
    return tuple(d.dim_value if d.HasField("dim_value") else -1 for d in dimensions)
