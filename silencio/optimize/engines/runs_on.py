"""Which engine serves a bundle's model, and how precisely it computes: said in the bundle, by the bundle's digest.

`open_model` knows the engines that may serve; none of them unpickles, and none needs torch.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Self

from silencio.errors import SilencioError
from silencio.optimize.engines.by_onnxruntime import OnnxModel
from silencio.optimize.engines.by_openvino import OpenVinoModel
from silencio.optimize.engines.model import Model

Precision = Literal["fp32", "bf16", "int8"]
ENGINES = ("onnxruntime", "openvino")


@dataclass(frozen=True)
class RunsOn:
    engine: str = "onnxruntime"
    precision: Precision = "fp32"

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def read(cls, path: Path) -> Self:
        found = cls(**json.loads(path.read_text()))
        if found.engine not in ENGINES:
            raise SilencioError(
                f"{path} names the engine {found.engine!r}, and this version knows {' and '.join(ENGINES)}.",
                "Serve it with the version of silencio that made it.",
            )
        return found


def extras_of(runs_on: RunsOn) -> tuple[str, ...]:
    """silencio's, that whoever serves the bundle installs."""
    every = ("serve", "storage", "trace")  # where to keep, and where spans go, is said once it runs
    return (*every, "openvino") if runs_on.engine == "openvino" else every


def open_model(path: Path, runs_on: RunsOn, threads: int = 1) -> Model:
    if runs_on.engine == "openvino":
        return OpenVinoModel(path, threads, runs_on.precision)
    return OnnxModel(path, threads)
