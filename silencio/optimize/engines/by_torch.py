"""TorchScript. Its archive holds pickles and it needs torch: it is measured to compare with, and never served."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from silencio.optimize.engines.model import Model


class ScriptModel(Model):
    """Only open what this very process, or the one it goes on for, has written."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        self._network, self._threads = torch.jit.load(path).eval(), threads

    def batch(self, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        before = torch.get_num_threads()
        torch.set_num_threads(self._threads)  # torch knows no threads of one model's own
        try:
            with torch.inference_mode():
                return np.asarray(self._network(torch.from_numpy(pictures)).numpy())
        finally:
            torch.set_num_threads(before)
