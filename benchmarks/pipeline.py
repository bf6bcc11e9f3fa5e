"""What it costs to be a pipeline: python benchmarks/pipeline.py [--quick]

`silencio pipeline run demo` from an empty workspace to a version on staging, then again with nothing changed: seconds
of the whole command, as somebody waits for it; of the repetition the median. `overhead_per_step` is what a step takes
from when the runner turns to it until it goes on, less what the step's own process worked: starting it, handing over
inputs and outputs, and following it; the mean over the steps of the first run. Beside them: what the command takes
around all its steps, to import Kubeflow's SDK and to end. With --quick it is the preset tiny, taught one epoch.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from benchmarks.report import publish
from silencio.experiment import load_experiment
from silencio.serving.process import silencio_command
from silencio.settings import Site
from silencio.steps.house import House
from silencio.workspace import Workspace

TIMED = re.compile(
    r"^([\w-]+) (?:done|found done): ([\d.]+) s, ([\d.]+) s of them its own work$", re.MULTILINE
)
LOG = re.compile(r"^log of the steps\t(.*)$", re.MULTILINE)
DEMO = ("demo",)
QUICK = (
    "tiny",
    *("--set", "training.epochs=1"),
    *("--set", "evaluation.trials.windows=0"),
    *("--set", "optimize.variants=[fp32]"),
)


@dataclass(frozen=True)
class Timed:
    """Of one step: seconds in the runner's hands, and of its own process."""

    name: str
    seconds: float
    worked: float


@dataclass(frozen=True)
class Run:
    seconds: float
    steps: tuple[Timed, ...]
    """Those that were started."""

    @property
    def around(self) -> float:
        return self.seconds - sum(step.seconds for step in self.steps)

    @property
    def overhead_per_step(self) -> float:
        return mean(step.seconds - step.worked for step in self.steps)


def walk(experiment: tuple[str, ...], workspace: Path) -> Run:
    began = time.perf_counter()
    done = subprocess.run(
        silencio_command("pipeline", "run", *experiment),
        env={**os.environ, "SILENCIO_WORKSPACE": str(workspace)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - began
    found = LOG.search(done.stdout)
    assert found is not None, done.stdout
    steps = TIMED.findall(Path(found[1]).read_text())
    return Run(seconds, tuple(Timed(name, float(took), float(own)) for name, took, own in steps))


def main() -> None:
    experiment, repeats = (QUICK, 1) if "--quick" in sys.argv else (DEMO, 3)
    with tempfile.TemporaryDirectory() as place:
        workspace = Path(place)
        house = House(load_experiment(experiment[0]), Site(workspace=str(workspace)), Workspace(workspace))
        try:
            cold = walk(experiment, workspace)
            cached = [walk(experiment, workspace).seconds for _ in range(repeats)]
        finally:
            house.tracks.stop_all()
    publish(
        "pipeline",
        {
            "cold_seconds": cold.seconds,
            "cached_seconds": median(cached),
            "overhead_per_step": cold.overhead_per_step,
        },
        {
            "from nothing": cold.seconds,
            "with nothing changed": median(cached),
            "around all steps": cold.around,
            "to run one step": cold.overhead_per_step,
        },
        "s",
    )


if __name__ == "__main__":
    main()
