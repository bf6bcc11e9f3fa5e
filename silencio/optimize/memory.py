"""How much memory a variant takes, asked in a process of its own: python -m silencio.optimize.memory NAME FILE WINDOWS

Prints the most bytes that opening it and answering a batch took, over what the interpreter with all its imports had.
"""

import importlib
import resource
import subprocess
import sys
from pathlib import Path
from typing import cast

import numpy as np

from silencio.errors import SilencioError
from silencio.optimize.recipes import RECIPES
from silencio.settings.judging import Engine

STATUS = Path("/proc/self/status")


def memory_of(name: Engine, file: Path, windows: Path) -> float:
    """MB; `windows` is a batch as .npy, [windows, *shape]."""
    command = [sys.executable, "-m", "silencio.optimize.memory", name, str(file), str(windows)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise SilencioError(
            f"{name} ended with {done.returncode} in a process of its own: {said[-1]}.",
            "Leave it out of optimize.variants.",
        )
    return int(done.stdout.split()[-1]) / 2**20


def peak() -> int:
    """Bytes. Linux's own count of this program: that of the process begins with its parent's, from before."""
    if STATUS.exists():
        for line in STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main(name: Engine, file: Path, windows: Path) -> None:
    recipe, batch = RECIPES[name], np.load(windows)
    importlib.import_module({"openvino": "openvino", "torch": "torch"}.get(recipe.engine, "onnxruntime"))
    before = peak()
    recipe.open(file, 1).logits(batch)
    print(peak() - before)


if __name__ == "__main__":
    main(cast(Engine, sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
