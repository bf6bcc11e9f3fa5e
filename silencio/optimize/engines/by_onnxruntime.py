"""ONNX Runtime, on the processor; on a GPU where it is built for one."""

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from silencio.audio.onnx_session import REFUSALS, open_session
from silencio.errors import SilencioError
from silencio.optimize.engines.model import Model

CPU = "CPUExecutionProvider"


class OnnxModel(Model):
    """Its graph is optimized for this machine when it is opened."""

    def __init__(self, path: Path, threads: int = 1, provider: str = CPU) -> None:
        try:
            self._session = open_session(path, threads, provider)
        except REFUSALS as error:
            raise SilencioError(
                f"ONNX Runtime {onnxruntime.__version__} cannot open {path}: {error}.",
                "Make it again, or install the version of ONNX Runtime that it was made with.",
            ) from error
        if self._session.get_providers()[0] != provider:
            raise SilencioError(
                f"ONNX Runtime could not start {provider}, and would have run on the processor instead.",
                "Its libraries are missing or do not fit: install them, or leave that variant out.",
            )
        self._input = self._session.get_inputs()[0].name

    def batch(self, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(self._session.run(None, {self._input: pictures})[0])


def lacks(provider: str) -> str:
    """Why nothing runs on this provider here; empty if something does."""
    there = onnxruntime.get_available_providers()
    if provider in there:
        return ""
    return f"ONNX Runtime here has no {provider}, only {', '.join(there)}."
