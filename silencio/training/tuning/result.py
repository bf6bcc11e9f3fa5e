"""What a search leaves behind: best.yaml, an experiment file, and trials.csv."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from silencio.experiment import annotated, changed, in_yaml
from silencio.settings import Range
from silencio.training.tuning.space import ORIGIN, Space
from silencio.training.tuning.study import Tried

BEST, TRIALS = "best.yaml", "trials.csv"


def write_result(folder: Path, space: Space, tried: Sequence[Tried], best: Tried | None) -> None:
    """After every trial anew: whoever stops the search has what it found."""
    _write(folder / TRIALS, trials_csv(space, tried))
    if best:
        _write(folder / BEST, best_yaml(space, best, len(tried)))


def best_yaml(space: Space, best: Tried, trials: int) -> str:
    """Complete: whatever the preset says later, this file says what was found."""
    experiment = space.experiment
    found = changed(experiment, best.values, ORIGIN)
    chosen = {tuple(key.split(".")): _range(experiment.tuning.space[key]) for key in space.distributions}
    notes = {key: f"trial {best.number}, of {said}" for key, said in chosen.items()}
    head = (
        f"# {experiment.name}, tuned: trial {best.number} of {trials} has a validation mAP of {best.map:.4f}.\n"
        "# `silencio train` of this file finds that trial's checkpoint; nothing was chosen on the test part.\n"
    )
    return head + annotated(found, lambda key: notes.get(key, ""))


def trials_csv(space: Space, tried: Sequence[Tried]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["trial", "how", "validation_map", "epochs", "seconds", *space.distributions, "why"])
    for trial in tried:
        figure = "" if trial.map is None else trial.map
        values = [in_yaml(trial.values[key]) for key in space.distributions]
        writer.writerow(
            [trial.number, trial.how, figure, trial.epochs, f"{trial.seconds:.1f}", *values, trial.why]
        )
    return text.getvalue()


def _range(values: Range) -> str:
    if values.choices:
        return in_yaml(list(values.choices))
    return f"{values.low:g} … {values.high:g}"


def _write(path: Path, text: str) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
