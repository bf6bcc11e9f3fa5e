"""The text of Triton's `config.pbtxt`."""

from dataclasses import dataclass
from enum import StrEnum

from silencio.settings import Batching, Serving


class Backend(StrEnum):
    """What of Triton's runs the model."""

    ONNXRUNTIME = "onnxruntime"
    OPENVINO = "openvino"
    PYTHON = "python"
    """With the engine of the environment that Triton's Python has: for servers without the other two."""


class Device(StrEnum):
    CPU = "cpu"
    TENSORRT = "tensorrt"


@dataclass(frozen=True)
class Described:
    """A model as Triton has to know it."""

    name: str
    bundle: str
    """The digest of the bundle that it is of."""
    input: str
    shape: tuple[int, ...]
    """Of one window, with channels."""
    output: str
    classes: int
    precision: str


LIVE, BULK = 1, 2
"""Triton counts priorities from 1; the lower goes first."""


def config(model: Described, backend: Backend, device: Device, settings: Serving, instances: int = 1) -> str:
    """`instances` of the model answer side by side."""
    kind = "KIND_CPU" if device is Device.CPU else "KIND_GPU"
    parts = [
        f'name: "{model.name}"\nbackend: "{backend}"\nmax_batch_size: {settings.batching.largest}',
        _tensor("input", model.input, model.shape),
        _tensor("output", model.output, (model.classes,), ' label_filename: "labels.txt"'),
        f"instance_group [ {{ count: {instances} kind: {kind} }} ]",
        _batching(settings.batching, settings.deadline_seconds),
        _warm_up(model, settings.batching.largest),
        _parameter("bundle", model.bundle),
    ]
    if device is Device.TENSORRT:
        parts.append(_tensorrt(model.precision))
    elif backend is Backend.ONNXRUNTIME:
        parts += [
            _parameter("intra_op_thread_count", str(settings.threads)),
            _parameter("inter_op_thread_count", "1"),
        ]
    elif backend is Backend.OPENVINO:
        parts.append(_parameter("INFERENCE_NUM_THREADS", str(settings.threads)))
    else:
        parts.append(_parameter("threads", str(settings.threads)))
    return "\n".join(parts) + "\n"


def _tensor(what: str, name: str, shape: tuple[int, ...], more: str = "") -> str:
    dims = ", ".join(str(side) for side in shape)
    return f'{what} [ {{ name: "{name}" data_type: TYPE_FP32 dims: [ {dims} ]{more} }} ]'


def _batching(batching: Batching, deadline_seconds: float) -> str:
    preferred = [size for size in (4, 8, 16, 32, 64) if size <= batching.largest]
    sizes = f"\n  preferred_batch_size: [ {', '.join(map(str, preferred))} ]" if preferred else ""
    # A queue of Triton's holds requests, ours windows; most requests are of one window.
    room = max(1, round(batching.queue * batching.bulk_share))
    return f"""dynamic_batching {{{sizes}
  max_queue_delay_microseconds: {round(1000 * batching.wait_ms)}
  priority_levels: {BULK}
  default_priority_level: {LIVE}
  default_queue_policy {{ {_policy(deadline_seconds, batching.queue)} }}
  priority_queue_policy {{ key: {BULK} value {{ {_policy(deadline_seconds, room)} }} }}
}}"""


def _policy(deadline_seconds: float, size: int) -> str:
    return (
        f"timeout_action: REJECT default_timeout_microseconds: {round(1e6 * deadline_seconds)} "
        f"allow_timeout_override: true max_queue_size: {size}"
    )


def _warm_up(model: Described, batch: int) -> str:
    """Engines allocate, and TensorRT compiles, at the first batch: nobody's request should wait for that."""
    dims = ", ".join(str(side) for side in model.shape)
    return f"""model_warmup [ {{
  name: "zeros" batch_size: {batch}
  inputs {{ key: "{model.input}" value {{ data_type: TYPE_FP32 dims: [ {dims} ] zero_data: true }} }}
}} ]"""


def _parameter(key: str, value: str) -> str:
    return f'parameters {{ key: "{key}" value {{ string_value: "{value}" }} }}'


def _tensorrt(precision: str) -> str:
    """ONNX Runtime hands the graph to TensorRT; its engines are kept, for to build one takes minutes."""
    options = {
        "precision_mode": "INT8" if precision == "int8" else "FP16",
        "max_workspace_size_bytes": str(2**30),
        "trt_engine_cache_enable": "true",
        "trt_engine_cache_path": "/tmp/tensorrt",
    }
    said = " ".join(f'parameters {{ key: "{key}" value: "{value}" }}' for key, value in options.items())
    accelerator = f'gpu_execution_accelerator [ {{ name: "tensorrt" {said} }} ]'
    return f"optimization {{ execution_accelerators {{ {accelerator} }} }}"
