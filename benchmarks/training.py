"""Our training loop against a plain one, and how long it waits for data: python -m benchmarks.training [--quick]

The plain loop is what a tutorial has: torch's DataLoader over tensors in memory, the same model, optimizer, loss and
batches. Ours reads a store on disk; it validates nothing here, and is measured without
augmentation, with the same masks as the plain one, and with every augmentation on. All take turns, an epoch each.

`ratio` is ours over the plain loop, of windows a second: 1 or more is no slower. `wait_share` is the share of an
epoch in which the model had nothing to do but to wait for the next batch: 0.1 is the most that is meant to be.
"""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import polars as pl
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.report import in_turn, publish
from benchmarks.scaling import SECONDS, compose
from silencio.data.catalog import ANNOTATIONS, QUARANTINE, RECORDINGS, Catalog
from silencio.data.species import Species
from silencio.data.windows.store import Windows, build_windows
from silencio.experiment import load_experiment
from silencio.handover import Kind, seal
from silencio.identity import digest_of_file
from silencio.models import build
from silencio.settings import Augment as Settings
from silencio.settings import Experiment
from silencio.training.augment import Augment
from silencio.training.augment.masks import BANDS, TIME, mask
from silencio.training.batches import batches, pictures, steps_of
from silencio.training.compute import Compute
from silencio.training.learner import Learner
from silencio.training.lesson import Lesson
from silencio.training.loop import make_objective, train_epoch
from silencio.training.optimizers import make_optimizer
from silencio.workspace import Workspace

NOTHING = Settings(random_start=False, time_mask=0, frequency_mask=0)
MASKS = Settings(random_start=False)
EVERYTHING = Settings(
    threshold_db=20,
    same_species=0.5,
    mixup=0.4,
    background=0.5,
    colour_db=6,
    pitch=2,
    speed=0.2,
)
"""All but gain, which a standardized picture has no room for."""


def store(folder: Path, windows: int, experiment: Experiment) -> Windows:
    """So many windows to train on, two a recording, of as many species as the experiment has, and soundscapes."""
    count, species = windows // 2, experiment.data.reserve.species
    compose(folder / "recordings", count + count // 4)
    rows = []
    for number in range(count + count // 4):
        name, labelled = f"{number:05d}.ogg", number < count
        rows.append(
            {
                "id": f"release/{name}",
                "uri": f"release/{name}",
                "digest": digest_of_file(folder / "recordings" / name),
                "labelled": "whole" if labelled else "none",
                "primary_label": f"species{number % species}" if labelled else None,
                "secondary_labels": [],
                "group": name,
                "part": "train" if labelled else "unlabelled",
                "duration": float(SECONDS),
                "origin": "release",
            }
        )
    roots = {"release": str(folder / "recordings")}
    names = sorted({row["primary_label"] for row in rows if row["primary_label"]})
    (folder / "catalog").mkdir()
    Catalog(
        pl.DataFrame(rows, schema=RECORDINGS),
        pl.DataFrame(schema=ANNOTATIONS),
        tuple(Species(code, code, code, "Aves") for code in names),
        pl.DataFrame(schema=QUARANTINE),
        roots,
    ).write(folder / "catalog")
    catalog = seal(folder / "catalog", Kind.CATALOG, {"roots": roots})
    return Windows.open(build_windows(catalog, experiment.audio, Workspace(folder / "workspace")))


def new_model(experiment: Experiment, lesson: Lesson) -> nn.Module:
    torch.manual_seed(experiment.seed)
    return build(experiment.model, lesson.windows.front_end.shape, len(lesson.windows.species))


@dataclass
class Ours:
    """An epoch at each call."""

    experiment: Experiment
    lesson: Lesson
    settings: Settings
    waited: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        compute = Compute.of(self.experiment.training)
        steps = steps_of(self.lesson.length, self.experiment.training.batch_size)
        learner = Learner.of(
            new_model(self.experiment, self.lesson),
            make_objective(self.experiment, self.lesson),
            self.experiment.training,
            compute,
            steps,
        )
        augment, drawing = Augment(self.settings, self.lesson), torch.Generator().manual_seed(1)

        def epoch() -> None:
            pace = train_epoch(learner, batches(self.lesson, steps, augment, compute, drawing))
            self.waited.append(pace.wait_share)

        self._epoch = epoch

    def __call__(self) -> None:
        self._epoch()


def plain(experiment: Experiment, lesson: Lesson, change: Callable[[Tensor], Tensor]) -> Callable[[], None]:
    """An epoch at each call."""
    training, model = experiment.training, new_model(experiment, lesson)
    optimizer = make_optimizer(model, training)
    data = TensorDataset(pictures(lesson.windows, lesson.taught), lesson.targets[lesson.taught])
    loader = DataLoader(data, training.batch_size, shuffle=True, drop_last=True)

    def epoch() -> None:
        model.train()
        for inputs, goals in loader:
            loss = binary_cross_entropy_with_logits(model(change(inputs)), goals)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return epoch


def masked(inputs: Tensor) -> Tensor:
    drawn = torch.default_generator
    whole = mask(inputs[:, 0], MASKS.time_mask, TIME, drawn)
    return mask(whole, MASKS.frequency_mask, BANDS, drawn)[:, None]


def main() -> None:
    quick = "--quick" in sys.argv
    experiment = load_experiment("demo", ["training.device=cpu"])
    with tempfile.TemporaryDirectory() as folder:
        windows = store(Path(folder), 96 if quick else 480, experiment)
        lesson = Lesson.of(experiment, windows)
        Compute.of(experiment.training).prepare(experiment.training)
        ours = {
            "ours, no augmentation": Ours(experiment, lesson, NOTHING),
            "ours, masks": Ours(experiment, lesson, MASKS),
            "ours, everything": Ours(experiment, lesson, EVERYTHING),
        }
        plains = {
            "plain, no augmentation": plain(experiment, lesson, lambda inputs: inputs),
            "plain, masks": plain(experiment, lesson, masked),
        }
        seconds = in_turn({**ours, **plains}, 2 if quick else 7)
    pace = {name: lesson.length / taken for name, taken in seconds.items()}
    waited = {name: median(one.waited) for name, one in ours.items()}
    publish(
        "training",
        {
            "windows_per_second": pace["ours, no augmentation"],
            "reference_windows_per_second": pace["plain, no augmentation"],
            "ratio": pace["ours, no augmentation"] / pace["plain, no augmentation"],
            "ratio_masks": pace["ours, masks"] / pace["plain, masks"],
            "ratio_everything": pace["ours, everything"] / pace["plain, no augmentation"],
            "wait_share": waited["ours, no augmentation"],
            "wait_share_everything": waited["ours, everything"],
        },
        pace,
        "windows/s",
    )


if __name__ == "__main__":
    main()
