"""Training beside other work, by how long its threads spin: python benchmarks/busy_machine.py [--quick]

silencio/__init__.py lets OpenMP's threads spin for a while and then sleep, when they wait for each other. This
measures that against sleeping at once and against spinning as long as they do by default, on a machine that is
quiet and on one where two other processes keep the cores busy.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack

from benchmarks.report import in_turn, publish

STEPS = """
import silencio, torch
from silencio.models import build
from silencio.settings import Model
torch.set_num_threads(2)
model = build(Model(), (64, 201), 12)
batch = torch.randn(16, 1, 64, 201)
import sys
for line in sys.stdin:
    for _ in range(3):
        model(batch).sum().backward()
    print("done", flush=True)
"""
SPIN = "while True: pass"
WAITING = {
    "as set": {},
    "asleep": {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"},
    "default": {"GOMP_SPINCOUNT": "300000"},  # what GNU's OpenMP does if nobody says otherwise
}


class Trainer:
    """A process that trains three steps whenever it is asked."""

    def __init__(self, stack: ExitStack, waiting: Mapping[str, str]) -> None:
        environment = {**os.environ, **waiting}
        self._process = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-c", STEPS],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                bufsize=1,
            )
        )
        stack.callback(self._process.terminate)

    def __call__(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdout.readline()


def measure(busy: int, repeats: int) -> dict[str, float]:
    with ExitStack() as stack:
        trainers = {name: Trainer(stack, waiting) for name, waiting in WAITING.items()}
        for trainer in trainers.values():
            trainer()
        for _ in range(busy):
            other = stack.enter_context(subprocess.Popen([sys.executable, "-c", SPIN]))
            stack.callback(other.terminate)
        return in_turn(trainers, repeats)


def main() -> None:
    repeats = 3 if "--quick" in sys.argv else 15
    alone, beside = measure(0, repeats), measure(2, repeats)
    publish(
        "busy_machine",
        {
            "gain_busy_vs_default": beside["default"] / beside["as set"],
            "gain_quiet_vs_asleep": alone["asleep"] / alone["as set"],
            "cost_quiet_vs_default": alone["as set"] / alone["default"],
        },
        {f"quiet, {name}": s for name, s in alone.items()}
        | {f"busy, {name}": s for name, s in beside.items()},
        "s for three steps",
    )


if __name__ == "__main__":
    main()
