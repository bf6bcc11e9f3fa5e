"""OpenVINO, which compiles an ONNX model for the processor that it finds."""

import os
import threading
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from silencio.errors import SilencioError, WrongUse
from silencio.optimize.engines.model import BATCH, Model

if TYPE_CHECKING:
    from openvino import InferRequest

HINTS = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}
"""In what is computed whatever the model does not say to compute in integers."""


class OpenVinoModel(Model):
    def __init__(self, path: Path, threads: int = 1, precision: str = "fp32") -> None:
        if missing := lacks():
            raise WrongUse(
                f"{path} is to run on OpenVINO ({precision}). {missing}",
                "Install silencio[openvino], or optimize without the openvino variants.",
            )
        import openvino

        # As many streams as cores bear: each request has its own threads, and none waits for another's.
        streams = max(1, (os.cpu_count() or 1) // threads)
        settings = {
            "INFERENCE_PRECISION_HINT": HINTS[precision],
            "INFERENCE_NUM_THREADS": threads * streams,
            "NUM_STREAMS": streams,
            # Others work on this machine as well: whoever holds a core fast waits for them.
            "ENABLE_CPU_PINNING": False,
        }
        try:
            self._compiled = openvino.Core().compile_model(path, "CPU", settings)
        except RuntimeError as error:
            raise SilencioError(
                f"OpenVINO {openvino.__version__} cannot open {path}: {_first_line(error)}.",
                "Make it again, or optimize without the openvino variants.",
            ) from error
        self._requests = threading.local()

    def batch(self, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        (said,) = self._request().infer([pictures]).values()
        return np.array(said, np.float32)  # a copy: the request writes its next answer over this one

    def warm(self, window: NDArray[np.floating]) -> None:
        """It compiles for each size of a batch, 15 to 70 ms each; from the largest down, a quarter of that."""
        for size in range(BATCH, 0, -1):
            self.logits(np.repeat(window, size, axis=0))

    def _request(self) -> "InferRequest":
        """A thread's own: two may not share one."""
        if not hasattr(self._requests, "own"):
            self._requests.own = self._compiled.create_infer_request()
        own: InferRequest = self._requests.own
        return own


def lacks(precision: str = "fp32") -> str:
    """Why nothing runs in this precision here; empty if something does."""
    if find_spec("openvino") is None:
        return "OpenVINO is not installed here."
    return "" if precision != "bf16" or "BF16" in _capabilities() else "This processor has no bfloat16."


@cache
def _capabilities() -> frozenset[str]:
    import openvino

    return frozenset(openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"))


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), repr(error))
