"""What every benchmark does with its figures."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

import matplotlib as mpl
from matplotlib.figure import Figure

RESULTS = Path(__file__).parent / "results"


def in_turn(contestants: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median seconds of each; they take turns."""
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for name, work in contestants.items():
        work()  # the first time allocates, loads and compiles
        taken[name].clear()
    for _ in range(repeats):
        for name, work in contestants.items():
            began = perf_counter()
            work()
            taken[name].append(perf_counter() - began)
    return {name: median(seconds) for name, seconds in taken.items()}


def publish(name: str, figures: Mapping[str, float], bars: Mapping[str, float], unit: str) -> None:
    """A table, results/NAME.json, results/NAME.png, and one JSON object as the last line."""
    width = max(map(len, bars))
    for what, value in bars.items():
        print(f"{what:{width}}  {value:10.3f} {unit}")
    RESULTS.mkdir(exist_ok=True)
    draw(list(bars), list(bars.values()), unit, RESULTS / f"{name}.png")
    line = json.dumps({"name": name, "figures": {k: round(v, 4) for k, v in figures.items()}})
    (RESULTS / f"{name}.json").write_text(line + "\n")
    print(line)


def draw(names: Sequence[str], values: Sequence[float], unit: str, path: Path) -> None:
    mpl.use("Agg")
    figure = Figure(figsize=(7, 0.6 * len(names) + 1), layout="constrained")
    axes = figure.subplots()
    axes.barh(names, values, color="#2f7d5b")
    axes.bar_label(axes.containers[0], fmt="%.3g", padding=3)
    axes.invert_yaxis()
    axes.set_xlabel(unit)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)
