"""ONNX Runtime: the one way in which a session is opened here."""

from pathlib import Path

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as state

# Otherwise it writes an id of this machine to disk, and complains where it may not.
onnxruntime.disable_telemetry_events()


REFUSALS = (
    state.Fail,
    state.InvalidArgument,
    state.InvalidGraph,
    state.InvalidProtobuf,
    state.NoModel,
    state.NoSuchFile,
    state.NotImplemented,
    state.RuntimeException,
)
"""How it says that a file is no model, or that a model does not take what it is given."""


def open_session(
    path: Path, threads: int = 1, provider: str = "CPUExecutionProvider"
) -> onnxruntime.InferenceSession:
    """Runs may be asked of it from several threads at once."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=[provider])
