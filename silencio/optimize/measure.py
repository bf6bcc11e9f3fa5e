"""What variants cost, side by side in one process: whatever slows the machine slows all of them alike."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import inf, isfinite
from pathlib import Path
from statistics import median
from typing import Self

import numpy as np
from numpy.typing import NDArray

from silencio.optimize.engines.model import BATCH, Model, sigmoid
from silencio.optimize.memory import memory_of
from silencio.optimize.recipes import RECIPES
from silencio.progress import Progress, Tell
from silencio.settings.judging import Engine

ONE, BATCHES = 40, 8
"""How often a window alone is timed, and a batch."""
THREADS = 2
"""For a batch. A window alone has one, as in the service."""
REST = 0.005
"""Seconds before a batch: threads of whoever was timed before wait busily for a while."""


@dataclass(frozen=True)
class Measured:
    latency_ms: float
    """Median for one window, one thread."""
    latency_p95_ms: float
    windows_per_second: float
    """Batches of 16, two threads; from the median."""
    wander: float
    """The largest difference of a probability between two answers to the same windows; infinite if one was none."""
    memory_mb: float = inf
    """At most, opened and asked for a batch, over what its interpreter had before."""

    @classmethod
    def read(cls, values: Mapping[str, float | None]) -> Self:
        return cls(**{name: inf if value is None else value for name, value in values.items()})

    def to_json(self) -> dict[str, float | None]:
        return {name: value if isfinite(value) else None for name, value in asdict(self).items()}


def measure(
    files: Mapping[Engine, Path], windows: NDArray[np.float32], folder: Path, tell: Tell
) -> dict[Engine, Measured]:
    """windows: [windows, *shape], the first batch of them counts. What was measured is kept in `folder`."""
    kept = folder / "measured.json"
    if kept.exists():
        found = json.loads(kept.read_text())
        if set(found) == set(files):
            return {name: Measured.read(found[name]) for name in files}
    tell(Progress(0, 2, "measurements: time"))
    batch = windows[:BATCH]
    timed = time_in_turn({name: _opened(name, path) for name, path in files.items()}, batch)
    tell(Progress(1, 2, "measurements: memory"))
    np.save(folder / "batch.npy", batch)
    measured = {
        name: replace(times, memory_mb=memory_of(name, files[name], folder / "batch.npy"))
        for name, times in timed.items()
    }
    partial = folder / "measured.partial"
    partial.write_text(json.dumps({name: found.to_json() for name, found in measured.items()}))
    partial.rename(kept)
    return measured


def _opened(name: Engine, path: Path) -> tuple[Model, Model]:
    recipe = RECIPES[name]
    return recipe.open(path, 1), recipe.open(path, THREADS)


def time_in_turn(
    models: Mapping[Engine, tuple[Model, Model]], batch: NDArray[np.float32]
) -> dict[Engine, Measured]:
    """models: for a window alone, and for a batch, [windows, *shape]."""
    alone: dict[Engine, list[float]] = {name: [] for name in models}
    together: dict[Engine, list[float]] = {name: [] for name in models}
    said: dict[Engine, list[NDArray[np.float32]]] = {name: [] for name in models}
    for run in range(ONE + 3):
        for name, (model, _) in models.items():
            seconds, _ = _timed(model, batch[:1])
            if run >= 3:  # the first runs allocate
                alone[name].append(1000 * seconds)
    for run in range(BATCHES + 2):
        for name, (_, model) in models.items():
            time.sleep(REST)
            seconds, answer = _timed(model, batch)
            said[name].append(sigmoid(answer))
            if run >= 2:
                together[name].append(seconds)
    return {
        name: Measured(
            median(alone[name]),
            float(np.percentile(alone[name], 95)),
            len(batch) / median(together[name]),
            wander(said[name]),
        )
        for name in models
    }


def wander(answers: list[NDArray[np.float32]]) -> float:
    """answers: [windows, classes] each, to the same windows."""
    stacked = np.stack(answers)
    return float(np.ptp(stacked, axis=0).max()) if np.isfinite(stacked).all() else inf


def _timed(model: Model, windows: NDArray[np.float32]) -> tuple[float, NDArray[np.float32]]:
    began = time.perf_counter()
    answer = model.logits(windows)
    return time.perf_counter() - began, answer
