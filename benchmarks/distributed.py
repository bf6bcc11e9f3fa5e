"""Training by 1, 2 and 4 workers at one global batch, DDP and FSDP2: python benchmarks/distributed.py [--quick]

Each worker is a process of one thread (gloo), or of one GPU where there are two or more (NCCL), and takes its part
of the same batches of 32 windows: MobileNetV2, AdamW, pictures that lie in memory. The steps are training's own;
Ray, which only starts such processes, is left out, and so is the reading of data. Groups take turns.

A step that sends nothing tells what sets the limit. Efficiency is two losses multiplied: what n workers lose by
computing smaller parts side by side (shared caches, memory, other work: `computing_efficiency_n`), and the share of
a step in which they wait for each other's gradients or weights (`communication_share_n`). FSDP2 computes what DDP
computes, so its share is of what it takes longer than DDP's silent step.

Workers beyond the cores only show what that costs: they share them.
"""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from time import perf_counter

import matplotlib as mpl
import torch
from matplotlib.figure import Figure
from torch import distributed as dist

from benchmarks.report import RESULTS, publish
from silencio.data.windows.crews import cores
from silencio.models import build
from silencio.settings import Model, Training
from silencio.training.compute import Compute
from silencio.training.distributed.team import ALONE
from silencio.training.distributed.together import team_of
from silencio.training.learner import Learner
from silencio.training.losses import Objective

BATCH, SHAPE, CLASSES = 32, (64, 101), 12
EPOCH = 1280
"""Windows that an epoch's seconds are said of: they are those of a step, times its steps."""
GPUS = torch.cuda.device_count() if torch.cuda.is_available() else 0
ON_GPUS = GPUS >= 2


class Group:
    """Processes that learn together, and wait in between."""

    def __init__(self, stack: ExitStack, sharding: str, size: int, home: Path) -> None:
        meeting = home / f"{sharding}-{size}"
        call = [sys.executable, "-m", "benchmarks.distributed", "worker", sharding, str(size), str(meeting)]
        self._processes = [
            stack.enter_context(
                subprocess.Popen(
                    [*call, str(rank)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    bufsize=1,
                )
            )
            for rank in range(size)
        ]
        for process in self._processes:
            stack.callback(process.kill)

    def seconds(self, steps: int, silent: bool = False) -> float:
        """Of one step, until the last of them is done."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(f"{steps} {'silent' if silent else 'together'}\n")
        answers = []
        for process in self._processes:
            assert process.stdout is not None
            answers.append(float(process.stdout.readline()))
        return max(answers) / steps


def work(sharding: str, size: int, meeting: str, rank: int) -> None:
    """In each process: so many steps for each line that is read, and a line with the seconds that they took."""
    dist.init_process_group("nccl" if ON_GPUS else "gloo", f"file://{meeting}", rank=rank, world_size=size)
    if ON_GPUS:
        torch.cuda.set_device(rank)
    settings = Training.model_validate(
        {
            "batch_size": BATCH,
            "optimizer": "AdamW",
            "learning_rate": 1e-3,
            "sharding": sharding,
            "threads": 1,
            "device": "auto" if ON_GPUS else "cpu",
        }
    )
    compute, team = Compute.of(settings), team_of(settings)
    compute.prepare(settings)
    torch.manual_seed(0)
    model = build(Model(), SHAPE, CLASSES)
    learner = Learner.of(model, Objective(settings.loss), settings, compute, 10_000, team)
    learner.cost.train()
    pictures = torch.randn(BATCH, 1, *SHAPE).tensor_split(size)[rank].to(compute.device)
    targets = torch.randint(2, (BATCH, CLASSES)).float().tensor_split(size)[rank].to(compute.device)
    for line in sys.stdin:
        steps, how = line.split()
        dist.barrier()
        began = perf_counter()
        for _ in range(int(steps)):
            if how == "silent":
                with learner.cost.no_sync():  # type: ignore[operator]
                    replace(learner, team=ALONE).step(pictures, targets)
            else:
                learner.step(pictures, targets)
        if compute.on_gpu:
            torch.cuda.synchronize()
        print(perf_counter() - began, flush=True)


@dataclass(frozen=True)
class Measured:
    """Seconds of a step, by workers."""

    together: Mapping[tuple[str, int], float]
    silent: Mapping[int, float]

    @property
    def alone(self) -> float:
        return self.together["ddp", 1]

    def efficiency(self, sharding: str, size: int) -> float:
        return self.alone / self.together[sharding, size] / size

    def communication(self, sharding: str, size: int) -> float:
        return max(0.0, 1 - self.silent[size] / self.together[sharding, size])

    def computing(self, size: int) -> float:
        return self.alone / self.silent[size] / size


def measure(sizes: Sequence[int], steps: int, repeats: int, home: Path) -> Measured:
    contestants = [("ddp", 1)] + [(kind, size) for size in sizes for kind in ("ddp", "fsdp2")]
    together: dict[tuple[str, int], list[float]] = {contestant: [] for contestant in contestants}
    silent: dict[int, list[float]] = {size: [] for size in sizes}
    with ExitStack() as stack:
        groups = {(kind, size): Group(stack, kind, size, home) for kind, size in contestants}
        for group in groups.values():
            group.seconds(2)  # the first ones allocate, compile and connect
        for _ in range(repeats):
            for contestant, group in groups.items():
                together[contestant].append(group.seconds(steps))
            for size in sizes:
                silent[size].append(groups["ddp", size].seconds(steps, silent=True))
    return Measured(
        {contestant: median(taken) for contestant, taken in together.items()},
        {size: median(taken) for size, taken in silent.items()},
    )


def draw(measured: Measured, sizes: Sequence[int], path: Path) -> None:
    mpl.use("Agg")
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    steps = EPOCH / BATCH
    left.bar(["1"], [measured.alone * steps], color="#2f7d5b", label="computing")
    for size in sizes:
        for kind in ("ddp", "fsdp2"):
            where, whole = f"{size}\n{kind}", measured.together[kind, size] * steps
            computing = min(whole, measured.silent[size] * steps)
            left.bar([where], [computing], color="#2f7d5b")
            left.bar([where], [whole - computing], bottom=[computing], color="#b3541e")
    left.bar([0], [0], color="#b3541e", label="waiting for each other")
    left.set_ylabel(f"s an epoch of {EPOCH} windows")
    every = [1, *sizes]
    for kind, colour in (("ddp", "#2f7d5b"), ("fsdp2", "#b3541e")):
        speed_up = [1.0] + [measured.efficiency(kind, size) * size for size in sizes]
        right.plot(every, speed_up, "o-", color=colour, label=kind)
    right.plot(every, every, ":", color="#999999", label="as many times as workers")
    there = GPUS if ON_GPUS else cores()
    if there < max(every):
        right.axvline(there, color="#999999", linewidth=0.8)
        right.annotate(f" {there} {'GPUs' if ON_GPUS else 'cores'}", (there, 0.1), color="#666666")
    right.set_ylabel("speed-up")
    for axes in (left, right):
        axes.set_xlabel("workers")
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False, fontsize=8, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1))
        axes.spines[["top", "right"]].set_visible(False)
    right.set_xticks(every)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=120)


def main(home: Path, quick: bool) -> None:
    there = GPUS if ON_GPUS else cores()
    sizes = [size for size in (2, 4) if not ON_GPUS or size <= there]
    if quick:
        sizes = sizes[:1]
    if crowded := [size for size in sizes if size > there]:
        print(
            f"{', '.join(map(str, crowded))} workers share {there} cores: they cannot be faster than {there}."
        )
    measured = measure(sizes, steps=2 if quick else 4, repeats=3 if quick else 9, home=home)
    draw(measured, sizes, RESULTS / "distributed_workers.png")
    figures: dict[str, float] = {"cores": there, "seconds_per_epoch_1": measured.alone * EPOCH / BATCH}
    for size in sizes:
        figures |= {
            f"ddp_efficiency_{size}": measured.efficiency("ddp", size),
            f"fsdp2_efficiency_{size}": measured.efficiency("fsdp2", size),
            f"computing_efficiency_{size}": measured.computing(size),
            f"communication_share_{size}": measured.communication("ddp", size),
            f"fsdp2_communication_share_{size}": measured.communication("fsdp2", size),
        }
    bars = {"1 worker": measured.alone}
    for size in sizes:
        bars |= {f"{size} workers, {kind}": measured.together[kind, size] for kind in ("ddp", "fsdp2")}
        bars[f"{size} workers that send nothing"] = measured.silent[size]
    epochs = {name: seconds * EPOCH / BATCH for name, seconds in bars.items()}
    publish("distributed", figures, epochs, f"s an epoch of {EPOCH} windows")


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        kind, size, meeting, rank = sys.argv[2:]
        work(kind, int(size), meeting, int(rank))
    else:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            main(Path(folder), "--quick" in sys.argv)
