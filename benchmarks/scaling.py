"""Building the windows store by one process and by several: python benchmarks/scaling.py [--quick]

Recordings of 10 s, Ogg Vorbis at 32 kHz, become log-mel windows by the default front end. Each build is a process of
its own, from nothing, and its time includes all that a user waits for: starting the workers, the shards, the index,
the manifest. The original gave up on 21,700 files when Dask with 4 CPUs was no more than twice as fast as one.

`twin_efficiency` says what the machine itself allows: two builds by one process each, side by side, against one
alone. Where two cores share their caches, memory or power, or have other work, that is less than 1, and no pool
can do better.
"""

import io
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from shutil import rmtree
from statistics import median
from time import perf_counter

import matplotlib as mpl
import numpy as np
import polars as pl
import soundfile
from matplotlib.figure import Figure

from benchmarks.report import RESULTS, publish
from silencio.data.catalog import ANNOTATIONS, QUARANTINE, RECORDINGS, Catalog
from silencio.data.species import Species
from silencio.data.windows.crews import processes
from silencio.data.windows.store import build_windows
from silencio.handover import Kind, open_handover, seal
from silencio.identity import digest_of_file
from silencio.settings import FrontEnd
from silencio.workspace import Workspace

RATE, SECONDS = 32_000, 10
TAKES = 8
"""Recordings that are really different; the others repeat them under digests of their own."""


@dataclass(frozen=True)
class Built:
    seconds: float
    parent_mb: float
    worker_mb: float
    """Of the largest."""


def compose(root: Path, count: int) -> None:
    generator, time = np.random.default_rng(7), np.arange(RATE * SECONDS) / RATE
    takes = []
    for _ in range(TAKES):
        low, high, rate = generator.uniform((1000, 4000, 1), (3000, 9000, 5))
        pitch = low + (high - low) * (0.5 + 0.5 * np.sin(2 * np.pi * rate * time))
        call = 0.2 * np.sin(2 * np.pi * np.cumsum(pitch) / RATE) + 0.02 * generator.standard_normal(len(time))
        file = io.BytesIO()
        soundfile.write(file, call.astype(np.float32), RATE, format="OGG", subtype="VORBIS")
        takes.append(file.getvalue())
    root.mkdir()
    for number in range(count):
        # A decoder ends before what stands behind the last page.
        (root / f"{number:05d}.ogg").write_bytes(takes[number % TAKES] + f"{number:05d}".encode())


def catalog_of(root: Path, first: int, count: int) -> Path:
    """The folder of a catalog of so many of the recordings."""
    names = [f"{number:05d}.ogg" for number in range(first, first + count)]
    rows = [
        {
            "id": f"release/{name}",
            "uri": f"release/{name}",
            "digest": digest_of_file(root / name),
            "labelled": "whole",
            "primary_label": "sweep",
            "secondary_labels": [],
            "group": name,
            "part": "train",
            "duration": float(SECONDS),
            "origin": "release",
        }
        for name in names
    ]
    roots = {"release": str(root)}
    folder = root.with_name(f"catalog-{first}-{count}")
    folder.mkdir()
    Catalog(
        pl.DataFrame(rows, schema=RECORDINGS),
        pl.DataFrame(schema=ANNOTATIONS),
        (Species("sweep", "Sweep", "Sinus vagans", "Aves"),),
        pl.DataFrame(schema=QUARANTINE),
        roots,
    ).write(folder)
    seal(folder, Kind.CATALOG, {"roots": roots})
    return folder


def build(catalog: str, workspace: str, workers: str) -> Built:
    """In this process, which does nothing else."""
    handover, began = open_handover(Path(catalog), Kind.CATALOG), perf_counter()
    crew = processes(int(workers)) if int(workers) else None
    build_windows(handover, FrontEnd(), Workspace(workspace), crew=crew)
    seconds = perf_counter() - began
    peaks = (
        resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return Built(seconds, *peaks)


def started(catalog: Path, workspace: Path, workers: int) -> "subprocess.Popen[str]":
    call = [sys.executable, "-m", "benchmarks.scaling", "build", str(catalog), str(workspace), str(workers)]
    return subprocess.Popen(call, stdout=subprocess.PIPE, text=True)


def finished(process: "subprocess.Popen[str]") -> Built:
    answer, _ = process.communicate()
    if process.returncode:
        raise SystemExit(process.returncode)
    return Built(**json.loads(answer))


@dataclass(frozen=True)
class Bench:
    home: Path
    count: int

    @property
    def recordings(self) -> Path:
        return self.home / "recordings"

    @property
    def workspace(self) -> Path:
        return self.home / "workspace"

    def from_nothing(self, catalog: Path, workers: int) -> Built:
        rmtree(self.workspace, ignore_errors=True)
        return finished(started(catalog, self.workspace, workers))

    def one_more(self, catalog: Path) -> float:
        """Seconds for a catalog of one recording more than the last, by whatever a user gets who names no workers."""
        return finished(started(catalog, self.workspace, 0)).seconds

    def twins(self, halves: Sequence[Path]) -> float:
        """Seconds until both halves are built, side by side, each by one process."""
        homes = [self.home / f"twin{number}" for number in range(len(halves))]
        running = [started(half, home, 1) for half, home in zip(halves, homes, strict=True)]
        seconds = max(finished(process).seconds for process in running)
        for home in homes:
            rmtree(home)
        return seconds


def draw(speed_up: Mapping[int, float], path: Path) -> None:
    mpl.use("Agg")
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    workers = list(speed_up)
    left.plot(workers, list(speed_up.values()), "o-", color="#2f7d5b", label="Silencio, here")
    left.plot(workers, workers, ":", color="#999999", label="as many times as workers")
    left.axhline(
        2, color="#b3541e", linestyle="--", label="Dask in the original system: at most 2, with 4 CPUs"
    )
    left.set_ylabel("speed-up")
    left.legend(frameon=False, fontsize=8)
    right.bar(workers, [speed_up[n] / n for n in workers], color="#2f7d5b", width=0.6)
    right.axhline(0.9, color="#999999", linestyle=":")
    right.set_ylabel("efficiency")
    for axes in (left, right):
        axes.set_xlabel("worker processes")
        axes.set_xticks(workers)
        axes.set_ylim(bottom=0)
        axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=120)


def measure(bench: Bench, crews: Sequence[int], repeats: int) -> None:
    compose(bench.recordings, bench.count + 1)
    whole = catalog_of(bench.recordings, 0, bench.count)
    more = catalog_of(bench.recordings, 0, bench.count + 1)
    tenth = catalog_of(bench.recordings, 0, bench.count // 10)
    half = bench.count // 2
    halves = [catalog_of(bench.recordings, 0, half), catalog_of(bench.recordings, half, half)]

    small = bench.from_nothing(tenth, 2)  # first: it also compiles what is compiled once
    built: dict[int, list[Built]] = {workers: [] for workers in crews}
    twins, one_more = [], []
    for _ in range(repeats):
        for workers in crews:
            built[workers].append(bench.from_nothing(whole, workers))
        one_more.append(bench.one_more(more))
        twins.append(bench.twins(halves))

    seconds = {workers: median(b.seconds for b in those) for workers, those in built.items()}
    speed_up = {workers: seconds[1] / s for workers, s in seconds.items()}
    large = max(built[2], key=lambda b: b.parent_mb + b.worker_mb)
    draw(speed_up, RESULTS / "scaling_speed_up.png")
    publish(
        "scaling",
        {
            "speedup_2": speed_up[2],
            "parallel_efficiency_2": speed_up[2] / 2,
            "twin_efficiency": seconds[1] / median(twins) / 2,
            "one_new_recording_share": median(one_more) / seconds[1],
            "recordings": bench.count,
            "peak_mb_parent_1x": small.parent_mb,
            "peak_mb_parent_10x": large.parent_mb,
            "peak_mb_worker_1x": small.worker_mb,
            "peak_mb_worker_10x": large.worker_mb,
        },
        {f"{workers} worker{'s' * (workers > 1)}": s for workers, s in seconds.items()}
        | {"two builds side by side": median(twins), "one new recording": median(one_more)},
        f"s for {bench.count} recordings of {SECONDS} s",
    )


def main() -> None:
    if sys.argv[1:2] == ["build"]:
        print(json.dumps(asdict(build(*sys.argv[2:]))))
        return
    quick = "--quick" in sys.argv
    with tempfile.TemporaryDirectory() as home:
        bench = Bench(Path(home), count=1200 if quick else 2000)
        measure(bench, crews=(1, 2) if quick else (1, 2, 3, 4), repeats=1 if quick else 3)


if __name__ == "__main__":
    main()
