"""What is tried: one row a picture, and what was done to the sound that it is of."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silencio.evaluation.truth import Truth
from silencio.handover import Handover

CLEAN, OVERLAY, WEAKENED, CLIPPED, BAND, CODEC = (
    "clean",
    "overlay",
    "weakened",
    "clipped",
    "band",
    "codec",
)
GAIN, SHIFT, LEADING = "gain", "shift", "leading_silence"
SILENCE, NOISE = "silence", "noise"
"""Where nothing calls. A window over a noise has the noise's own name as its mode."""

PICTURES, TABLE = "pictures.f16", "trials.parquet"
SCHEMA = pl.Schema(
    {
        "mode": pl.String(),
        "level": pl.Float64(),  # how much of it, in the mode's unit; null where it has a name instead
        "name": pl.String(),  # of the codec, of the noise; else empty
        "window": pl.Int64(),  # its row in the judged truth; null where nothing calls
        "recording": pl.String(),  # that is drawn as one when resampling
        "labels": pl.List(pl.String()),  # of the species that call in it
    }
)


@dataclass(frozen=True)
class Trials:
    """`pictures.f16` (float16, [trials, *shape]) and `trials.parquet`, one row a picture, in one folder."""

    handover: Handover

    @cached_property
    def table(self) -> pl.DataFrame:
        return pl.read_parquet(self.handover / TABLE)

    @property
    def pictures(self) -> NDArray[np.float16]:
        """[trials, *shape], mapped: only what is read is in memory."""
        shape = (len(self.table), *self.handover.facts["shape"])
        if not len(self.table):  # an empty file cannot be mapped
            return np.zeros(shape, np.float16)
        return np.memmap(self.handover / PICTURES, np.float16, "r", shape=shape)

    def targets(self, truth: Truth) -> NDArray[np.bool_]:
        """[trials, classes], in the order of the truth's labels."""
        column = {label: k for k, label in enumerate(truth.labels)}
        targets = np.zeros((len(self.table), len(column)), np.bool_)
        for row, labels in enumerate(self.table["labels"]):
            targets[row, [column[label] for label in labels]] = True
        return targets
