"""Run an ONNX model on the CPU."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from silencio.audio.onnx_session import open_session
from silencio.audio.pictures import as_pictures

BATCH = 16


class OnnxModel:
    def __init__(self, path: Path, threads: int = 1) -> None:
        self._session = open_session(path, threads)
        self._input = self._session.get_inputs()[0].name

    def logits(self, windows: NDArray[np.floating]) -> NDArray[np.float32]:
        """[windows, *shape] to [windows, classes], a batch at a time."""
        batches = [
            self._session.run(None, {self._input: as_pictures(windows[i : i + BATCH])})[0]
            for i in range(0, len(windows), BATCH)
        ]
        return np.concatenate(batches)

    def probabilities(self, windows: NDArray[np.floating]) -> NDArray[np.float32]:
        """[windows, *shape] to [windows, classes]; a window may hold several species or none."""
        return sigmoid(self.logits(windows))


def sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -60, 60))), dtype=np.float32)
