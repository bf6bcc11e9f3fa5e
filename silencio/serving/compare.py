"""Ways to serve a model, side by side in one process: from a clip's bytes to what is heard in it."""

import io
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from math import nan

import numpy as np
import soundfile
from numpy.typing import NDArray

from silencio.audio import Features, windows_of
from silencio.optimize.bundle import MODEL, Bundle
from silencio.optimize.engines import by_onnxruntime
from silencio.optimize.engines.by_onnxruntime import OnnxModel
from silencio.optimize.engines.model import BATCH, Model
from silencio.progress import Progress, Tell, nobody
from silencio.serving.answers import name_of
from silencio.serving.triton.client import TritonModel

ONE, MANY = 30, 6
"""How often a clip alone is timed, and many of them."""
CLIPS = 2 * BATCH
"""Many."""
GPUS = {"GPU": "CUDAExecutionProvider", "GPU, TensorRT": "TensorrtExecutionProvider"}
ALONE, HERE = "on a device: one core", "this processor"


@dataclass(frozen=True)
class Way:
    """One way of serving a bundle."""

    name: str
    open: Callable[[], Model]
    cores: int
    """That prepare clips."""
    batch: int
    """Clips that the model is asked at once, when there are many."""


@dataclass(frozen=True)
class Cost:
    """Figures are NaN where nothing was measured, and `left_out` says why."""

    bundle: str
    way: str
    size_mb: float = nan
    p50_ms: float = nan
    """Of a clip alone, from its bytes."""
    p95_ms: float = nan
    clips_per_second: float = nan
    """Where there are many: prepared by all cores, in batches."""
    core_seconds: float = nan
    """Of this machine's processors, for a thousand clips; what a GPU or another process does is not in it."""
    left_out: str = ""

    def money(self, per_hour: float) -> float:
        """For a million clips, on a machine of that price."""
        return per_hour / 3600 / self.clips_per_second * 1e6


@dataclass(frozen=True)
class Served:
    """A bundle in one of its ways, and what it is asked."""

    bundle: Bundle
    way: Way
    model: Model
    clip: bytes
    features: Features

    def prepared(self) -> NDArray[np.float32]:
        return windows_of(self.clip, self.features).features

    def batches(self) -> tuple[float, float]:
        """Seconds that `CLIPS` clips take, and those of all cores together."""
        began, busy = time.perf_counter(), time.process_time()
        with ThreadPoolExecutor(self.way.cores) as crew:
            windows = np.concatenate(list(crew.map(lambda _: self.prepared(), range(CLIPS))))
        for first in range(0, len(windows), self.way.batch):
            self.model.logits(windows[first : first + self.way.batch])
        return time.perf_counter() - began, time.process_time() - busy


def compare(bundles: Sequence[Bundle], triton: str | None = None, tell: Tell = nobody) -> list[Cost]:
    """Each bundle in each way that is there; `triton` is a server that serves the one bundle, or the first."""
    served, costs = list[Served](), list[Cost]()
    for number, bundle in enumerate(bundles):
        ways, missing = _ways(bundle, triton if number == 0 else None)
        clip, features = clip_for(bundle), Features(bundle.front_end)
        served += [Served(bundle, way, way.open(), clip, features) for way in ways]
        costs += [Cost(name_of(bundle), name, _size(bundle), left_out=why) for name, why in missing.items()]
    return _measured(served, tell) + costs


def _ways(bundle: Bundle, triton: str | None) -> tuple[list[Way], Mapping[str, str]]:
    """Those that are here; and the others by name, with why they are not."""
    cores = os.cpu_count() or 1
    ways = [
        Way(ALONE, partial(bundle.model, 1), 1, 1),
        Way(HERE, partial(bundle.model, cores), cores, BATCH),
    ]
    missing = {}
    for name, provider in GPUS.items():
        if why := by_onnxruntime.lacks(provider):
            missing[name] = why
        else:
            ways.append(Way(name, partial(OnnxModel, bundle.folder / MODEL, 1, provider), cores, BATCH))
    if triton:
        ways.append(Way(f"Triton at {triton}", partial(TritonModel, triton, bundle), cores, BATCH))
    return ways, missing


def _measured(served: Sequence[Served], tell: Tell) -> list[Cost]:
    """In turn, so that whatever slows the machine slows all of them alike."""
    alone: list[list[float]] = [[] for _ in served]
    many: list[list[tuple[float, float]]] = [[] for _ in served]
    for run in range(ONE + 2):
        tell(Progress(run, ONE + MANY + 3, "rounds"))
        for times, one in zip(alone, served, strict=True):
            began = time.perf_counter()
            one.model.logits(one.prepared())
            if run >= 2:  # the first ones allocate
                times.append(1000 * (time.perf_counter() - began))
    for run in range(MANY + 1):
        tell(Progress(ONE + 2 + run, ONE + MANY + 3, "rounds"))
        for batches, one in zip(many, served, strict=True):
            took = one.batches()
            if run >= 1:
                batches.append(took)
    return [
        Cost(
            name_of(one.bundle),
            one.way.name,
            _size(one.bundle),
            float(np.median(times)),
            float(np.percentile(times, 95)),
            CLIPS / float(np.median([seconds for seconds, _ in batches])),
            1000 * float(np.median([busy for _, busy in batches])) / CLIPS,
        )
        for one, times, batches in zip(served, alone, many, strict=True)
    ]


def _size(bundle: Bundle) -> float:
    return (bundle.folder / MODEL).stat().st_size / 1e6


def clip_for(bundle: Bundle) -> bytes:
    """A recording of one window as Ogg Vorbis: chirps over noise, which cost as much as a forest."""
    front_end = bundle.front_end
    time_ = np.arange(front_end.window_samples) / front_end.sample_rate
    noise = np.random.default_rng(0).normal(0, 0.02, len(time_))
    chirps = 0.2 * np.sin(2 * np.pi * (1500 + 400 * np.sin(2 * np.pi * 3 * time_)) * time_)
    stream = io.BytesIO()
    soundfile.write(stream, (noise + chirps).astype(np.float32), front_end.sample_rate, format="OGG")
    return stream.getvalue()
