"""How well what is trained here hears real recordings, and the reserve: python -m benchmarks.accuracy [--quick]

Every figure is of recordings that its model never met, by the preset that a user would take.

| figure | preset | on | how its settings were chosen |
|---|---|---|---|
| `fsdd_fcnn_random` | audiomnist_fcnn | a random fifth of the Free Spoken Digits | on a fifth of the rest |
| `fsdd_cnn_random` | audiomnist | the same fifth | on a fifth of the rest |
| `fsdd_cnn_loso` | audiomnist | each of 6 speakers, left out in turn | by leaving out one of the others, three times |
| `esc10_5fold` | esc10 | the 5 given folds | on folds 1, 4 and 5, judged by 2 and 3 |
| `reserve_map` | demo | soundscapes of sites that nobody trained on | on the validation part |
| `retrain_gain_new`, `retrain_loss_old` | drift | clips of both eras, of other recordists | on the validation part |

No part of the trainings on real recordings validates: each ends with its last epoch, and no epoch is chosen by what
is measured. The real recordings lie in ../shared/data, or where SILENCIO_REAL_DATA says; without them, their figures
are left out. A benchmark that was interrupted goes on where it was: results/accuracy is its workspace.

`--quick` has the two random splits alone.
"""

import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.report import RESULTS, publish
from silencio.experiment import load_experiment
from silencio.progress import log_line
from silencio.registry.runs import Runs
from silencio.settings import Site
from silencio.steps import build
from silencio.steps.crossval import By, Turn, crossval, fold_of, turns_of
from silencio.steps.house import House
from silencio.steps.retrain import simulate
from silencio.workspace import Workspace

REAL = Path(os.environ.get("SILENCIO_REAL_DATA", Path(__file__).parents[2] / "shared/data"))
WORKSPACE = Workspace(RESULTS / "accuracy")
RANDOM = (
    "data.split.group_by=recording",  # every speaker is trained on, as in what was published
    "data.split.near_duplicates=report",  # a speaker says the same digit fifty times over
    "data.split.validation=0",
    "data.split.test=0.2",
)
Figures = dict[str, float]


def house_of(preset: str, *changes: str) -> House:
    return House(load_experiment(preset, changes), Site(workspace=str(WORKSPACE.root)), WORKSPACE)


def real(folder: str) -> str:
    return f"data.path={REAL / folder}"


def fsdd_fcnn_random() -> Figures:
    return {"fsdd_fcnn_random": split_once(house_of("audiomnist_fcnn", real("fsdd"), *RANDOM))}


def fsdd_cnn_random() -> Figures:
    return {"fsdd_cnn_random": split_once(house_of("audiomnist", real("fsdd"), *RANDOM))}


def split_once(house: House) -> float:
    """Accuracy on the test part."""
    catalog = build.ingest(house, tell=log_line)
    turn = Turn("random", house, build.features(house, catalog, log_line))
    return fold_of(turn, Runs(house.site, house.workspace).open, log_line).accuracy


def fsdd_cnn_loso() -> Figures:
    alone = ("data.split.method=leave_one_out", "data.split.held_out=any", "data.split.validation=0")
    found = crossval(house_of("audiomnist", real("fsdd"), *alone), By.GROUP, log_line)
    return {"fsdd_cnn_loso": found.facts["accuracy"]} | lowest("fsdd_cnn_loso", found.facts)


def esc10_5fold() -> Figures:
    house = house_of("esc10", real("esc10"), "data.split.validation=0")
    found = crossval(house, By.FOLD, log_line)
    # Done trainings are only looked up, and know how long they took.
    seconds = sum(build.train(turn.house, turn.windows).facts["seconds"] for turn in turns_of(house, By.FOLD))
    return {
        "esc10_5fold": found.facts["accuracy"],
        "esc10_minutes": seconds / 60,
        **lowest("esc10_5fold", found.facts),
    }


def lowest(figure: str, facts: Mapping[str, Any]) -> Figures:
    """A mean hides who is not understood."""
    return {f"{figure}_lowest": min(fold["accuracy"] for fold in facts["folds"])}


def reserve_map() -> Figures:
    house = house_of("demo")
    catalog = build.ingest(house, tell=log_line)
    windows = build.features(house, catalog, log_line)
    checkpoint = build.train(house, windows, log_line)
    report = build.evaluate(house, catalog, windows, checkpoint, champion=None)
    return {"reserve_map": report.facts["map"], "reserve_minutes": checkpoint.facts["seconds"] / 60}


def retrained() -> Figures:
    house = house_of("drift")
    windows = build.features(house, build.ingest(house, tell=log_line), log_line)
    # Half the champion's rate: what goes on from weights that are good already need not go far.
    gentle = load_experiment("drift", ["training.learning_rate=0.1"])
    report = simulate(house, windows, gentle, log_line).report
    assert report, "a simulation has a champion to compare with"
    return {"retrain_gain_new": report.facts["gain_new"], "retrain_loss_old": report.facts["loss_old"]}


def main() -> None:
    quick = "--quick" in sys.argv[1:]
    on_digits = [fsdd_fcnn_random, fsdd_cnn_random]
    asked = {"fsdd": on_digits if quick else [*on_digits, fsdd_cnn_loso]}
    if not quick:
        asked |= {"esc10": [esc10_5fold], "": [reserve_map, retrained]}
    figures: Figures = {}
    for folder, measures in asked.items():
        if folder and not (REAL / folder).is_dir():
            left_out = ", ".join(measure.__name__ for measure in measures)
            print(
                f"LEFT OUT: {left_out}: there is no {folder} at {REAL}; SILENCIO_REAL_DATA names another place."
            )
            continue
        for measure in measures:
            figures |= measure()
    if not figures:
        sys.exit(1)
    shares = {name: value for name, value in figures.items() if not name.endswith("_minutes")}
    publish("accuracy", figures, shares, "accuracy, or mAP")


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    main()
