"""What a run says of itself, and of what made it: settings, data, commit, libraries, machine."""

import os
import resource
import sys
import time
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from silencio.identity import git_commit, machine
from silencio.registry.journal import Begin, text_of
from silencio.training.tracker import Described

KEY = "silencio.key"
LIBRARIES = (
    "silencio",
    "torch",
    "torchaudio",
    "torchvision",
    "timm",
    "numpy",
    "scipy",
    "onnx",
    "mlflow",
    "ray",
)
GIB = 2**30


def beginning(key: str, described: Described, name: str | None, within: str | None) -> Begin:
    parameters = {**flatten(described.settings), **described.data}
    return Begin(
        key=key,
        name=name or f"{described.experiment}-{key[:8]}",
        experiment=experiment_named(described.experiment),
        within=within,
        parameters={name: text_of(value) for name, value in parameters.items()},
        tags={KEY: key, **made_by()},
        data=dict(described.data),
    )


def experiment_named(experiment: str) -> str:
    """MLflow's experiment, which holds the runs of one of ours."""
    return f"silencio-{experiment}"


def made_by() -> dict[str, str]:
    """As tags: a training that is killed may go on under another commit, and parameters cannot change."""
    commit = git_commit()
    tags = {
        "silencio.commit": commit,
        "mlflow.source.name": "silencio",
        # What MLflow's pages show of it.
        "mlflow.source.git.commit": commit.removesuffix("-dirty"),
    }
    hardware = {**machine(), "memory_gib": f"{memory() / GIB:.1f}", "gpu": gpu() or "none"}
    libraries = {name: found for name in LIBRARIES if (found := _version(name))}
    tags |= {f"hardware.{name}": str(value) for name, value in hardware.items()}
    return tags | {f"library.{name}": found for name, found in libraries.items()}


def memory() -> int:
    """Bytes of this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def gpu() -> str | None:
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else None


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


class Load:
    """What this process asks of the machine, under the names that MLflow shows as system metrics."""

    def __init__(self) -> None:
        self._at, self._worked = time.monotonic(), time.process_time()

    def since_last(self) -> dict[str, float]:
        """100 % is one core kept busy."""
        at, worked = time.monotonic(), time.process_time()
        busy = (worked - self._worked) / max(at - self._at, 1e-9)
        self._at, self._worked = at, worked
        # Linux counts in KiB, macOS in bytes.
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        figures = {"system/cpu_percent": 100 * busy, "system/peak_memory_gib": peak / GIB}
        return figures | self._of_gpu()

    def _of_gpu(self) -> dict[str, float]:
        import torch

        if not torch.cuda.is_available():
            return {}
        return {"system/gpu_peak_memory_gib": torch.cuda.max_memory_allocated() / GIB}


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """{"a": {"b": 1}} to {"a.b": 1}"""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        inner = (
            flatten(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
        )
        flat |= inner
    return flat
