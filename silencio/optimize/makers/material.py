"""What every maker is given."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from silencio.audio.pictures import as_pictures
from silencio.data.windows.store import Windows
from silencio.optimize.engines.model import BATCH
from silencio.settings import Experiment

if TYPE_CHECKING:
    from torch import nn

Calibration = NDArray[np.float32]
"""Windows of training recordings, [windows, *shape]."""


@dataclass(frozen=True)
class Material:
    exported: Path
    """The network in full precision, as ONNX."""
    network: "nn.Module"
    calibration: Calibration
    map_of: Callable[[Path], float]
    """An ONNX model's mAP on the validation part: what may be tuned on, for it judges nothing."""
    map_loss: float
    """How much of that a tuned model may lose."""


Maker = Callable[[Material, Path], None]
"""Writes the file; raises if it cannot."""


def calibration_windows(windows: Windows, experiment: Experiment) -> Calibration:
    """Drawn from training recordings only: what judges a model may not shape it. [windows, *shape]"""
    train = windows.rows("train")
    count = min(experiment.optimize.calibration_windows, len(train))
    drawn = np.random.default_rng(experiment.seed).choice(train, count, replace=False)
    calibration: Calibration = windows.features[np.sort(drawn)].astype(np.float32)
    return calibration


class Batches:
    """The calibration windows as both quantizers want to be fed."""

    batch_size = BATCH

    def __init__(self, windows: Calibration) -> None:
        self._batches = [as_pictures(windows[i : i + BATCH]) for i in range(0, len(windows), BATCH)]
        self.rewind()

    def __iter__(self) -> Iterator[tuple[NDArray[np.float32], int]]:
        return ((batch, 0) for batch in self._batches)

    def __len__(self) -> int:
        return len(self._batches)

    def set_range(self, start_index: int, end_index: int) -> None:
        """What is given next: these batches."""
        self._reader = ({"windows": batch} for batch in self._batches[start_index:end_index])

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        return next(self._reader, None)

    def rewind(self) -> None:
        self.set_range(0, len(self))
