"""What the search makes of models that were trained on the reserve: python -m benchmarks.optimize [--quick]

| figure | of the variant that was chosen |
|---|---|
| `speedup_chosen_vs_fp32_batch16` | windows a second in batches of 16 on two threads, over fp32's, in turns |
| `windows_per_second` | the same, by itself |
| `size_mb` | what is downloaded |
| `map_loss` | mAP lost against fp32 on soundscapes of sites that nobody trained on |
| `worst_slice_loss` | the same on the slice that loses most |

First for the default model of the preset demo; then, with their names before each figure, for others by that preset.
Trainings and searches are kept in results/optimize: a benchmark that was interrupted goes on where it was.

`--quick` has the default model alone.
"""

import logging
import sys

from benchmarks.report import RESULTS, publish
from silencio.errors import GateRefused
from silencio.experiment import load_experiment
from silencio.optimize.rows import Table, cells
from silencio.progress import log_line
from silencio.settings import Site
from silencio.steps import build
from silencio.steps.house import House
from silencio.terminal import table
from silencio.workspace import Workspace

WORKSPACE = Workspace(RESULTS / "optimize")
OTHERS = ("resnet50", "efficientnet_b0", "mobilenetv2")
ANY = (
    "evaluation.gates=[{metric: map, at_least: 0.0}]",
    "evaluation.behaviour={same_answer: null, monotonic: null, silence: null, noise: null, false_positives: null}",
)
"""How well they hear is not what is asked here: a deep one learns little from a few hundred recordings. The budgets of
size and of what quantization may lose hold."""
Figures = dict[str, float]


def searched(*changes: str) -> Table:
    house = House(load_experiment("demo", [*ANY, *changes]), Site(workspace=str(WORKSPACE.root)), WORKSPACE)
    catalog = build.ingest(house, tell=log_line)
    windows = build.features(house, catalog, log_line)
    checkpoint = build.train(house, windows, log_line)
    bundle = build.optimize(house, catalog, windows, checkpoint, None, log_line)
    found = Table.read(bundle.folder)
    table(*cells(found.rows))
    print(found.chosen_because)
    return found


def figures_of(found: Table, prefix: str = "") -> Figures:
    """A model that is kept in full precision is as fast as itself, and loses nothing."""
    chosen, full = found.chosen, next(row for row in found.rows if row.variant == "fp32")
    kept = chosen.variant == full.variant
    lost = {
        "map_loss": 0.0 if kept else chosen.map_loss,
        "worst_slice_loss": 0.0 if kept else chosen.worst_loss[1],
    }
    return {
        f"{prefix}{name}": value
        for name, value in {
            "speedup_chosen_vs_fp32_batch16": chosen.windows_per_second / full.windows_per_second,
            "windows_per_second": chosen.windows_per_second,
            "size_mb": chosen.size_mb,
            **lost,
        }.items()
    }


def main() -> None:
    figures = figures_of(searched())
    if "--quick" not in sys.argv[1:]:
        for name in OTHERS:
            try:
                found = searched(f"model.architecture={name}")
            except GateRefused as refused:
                print(f"LEFT OUT: {name}: {refused}")
            else:
                figures |= figures_of(found, f"{name}_")
    faster = {name: value for name, value in figures.items() if "speedup" in name}
    publish("optimize", figures, faster, "× fp32")


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    main()
