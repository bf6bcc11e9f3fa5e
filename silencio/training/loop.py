"""The training loop.

    model, history = fit(experiment, windows, Path("state.safetensors"), on_epoch=print)

Every epoch draws from a generator that is seeded by its number, and the learning rate is a function of the
step: so a training that goes on after a kill ends exactly where one that was never killed ends.
"""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from silencio.audio.pictures import as_pictures
from silencio.data.windows.store import Windows
from silencio.errors import SilencioError
from silencio.models import build
from silencio.settings import Experiment, Training
from silencio.training.augment import Augment
from silencio.training.checkpoint import Progress
from silencio.training.epoch import Epoch

WARM_UP = 0.15
"""Share of the steps on which the learning rate climbs, before it falls along a cosine."""


def fit(
    experiment: Experiment, windows: Windows, state: Path, on_epoch: Callable[[Epoch], None]
) -> tuple[dict[str, Tensor], list[Epoch]]:
    """The weights of the best epoch by validation mAP, and the history. Goes on from `state` if it exists."""
    if not windows.species:
        raise SilencioError(
            f"Nobody said what calls in these {len(windows.index)} windows: there is nothing to learn.",
            "Unlabelled recordings can be listened to and looked at; to train, name labelled ones.",
        )
    settings = experiment.training
    train, validation = windows.rows("train"), windows.rows("validation")
    if not len(train) or not len(validation):
        raise SilencioError(
            f"There are {len(train)} windows to train on and {len(validation)} to validate on.",
            "Give the data more recordists, or change data.split.",
        )
    torch.set_num_threads(settings.threads)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(experiment.seed)
    model = build(experiment.model, windows.front_end.shape, len(windows.species))
    optimizer = make_optimizer(model, settings)
    augment = Augment(settings, *windows.front_end.shape[-2:])
    targets = torch.from_numpy(training_targets(windows, experiment.data.secondary_weight))
    truth = windows.targets()[validation]

    progress = Progress.load(state, model, optimizer)
    for number in range(len(progress.history), settings.epochs):
        torch.manual_seed(experiment.seed * 100_003 + number)
        loss = train_epoch(model, optimizer, augment, windows, targets, train, settings, number)
        logits = predict(model, windows, validation)
        validation_loss = float(cross_entropy(logits, torch.from_numpy(truth)))
        epoch = Epoch(
            number + 1, settings.epochs, loss, validation_loss, mean_average_precision(truth, logits)
        )
        if epoch.validation_map >= max((e.validation_map for e in progress.history), default=0.0):
            progress.best = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        progress.history.append(epoch)
        progress.save(state, model, optimizer)
        on_epoch(epoch)
    return progress.best, progress.history


def make_optimizer(model: nn.Module, settings: Training) -> torch.optim.Optimizer:
    lr, decay = settings.learning_rate, settings.weight_decay
    if settings.optimizer == "AdamW":
        return torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=decay)
    return torch.optim.SGD(model.parameters(), lr=lr, weight_decay=decay, momentum=0.9, nesterov=True)


def train_epoch(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    augment: Augment,
    windows: Windows,
    targets: Tensor,
    rows: NDArray[np.int64],
    settings: Training,
    number: int,
) -> float:
    """One pass over the rows in a drawn order; the mean loss."""
    model.train()
    # A last batch of a single window has no variance for batch norm: it is left for another epoch.
    steps = max(1, len(rows) // settings.batch_size)
    order = rows[torch.randperm(len(rows)).numpy()]
    total = 0.0
    for step, batch in enumerate(np.array_split(order, steps)):
        share = (number * steps + step) / (settings.epochs * steps)
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * warm_cosine(share)
        inputs, goals = augment(pictures(windows, batch), targets[batch])
        loss = cross_entropy(model(inputs), goals)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / steps


def warm_cosine(share: float) -> float:
    """The learning rate over its peak, at a share of all steps."""
    if share < WARM_UP:
        return (share + 1e-3) / WARM_UP
    return 0.5 * (1 + math.cos(math.pi * (share - WARM_UP) / (1 - WARM_UP)))


def training_targets(windows: Windows, secondary_weight: float) -> NDArray[np.float32]:
    """1 for the labelled species, less for those that call somewhere in the recording, [windows, classes]."""
    weaker = np.float32(secondary_weight) * windows.targets("secondary")
    targets: NDArray[np.float32] = np.maximum(windows.targets(), weaker)
    return targets


def pictures(windows: Windows, rows: NDArray[np.int64]) -> Tensor:
    """[rows, channels, mels, frames]"""
    return torch.from_numpy(as_pictures(windows.features[rows]))


@torch.inference_mode()
def predict(model: nn.Module, windows: Windows, rows: NDArray[np.int64], batch: int = 64) -> Tensor:
    """Logits, [rows, classes]."""
    model.eval()
    return torch.cat([model(pictures(windows, rows[i : i + batch])) for i in range(0, len(rows), batch)])


def mean_average_precision(truth: NDArray[np.float32], logits: Tensor) -> float:
    """Over the species that are there at all; only chooses the epoch, the report has its own figures."""
    # Whoever only predicts should not wait for it.
    from sklearn.metrics import average_precision_score

    there = truth.any(axis=0)
    if not there.any():
        return 0.0
    return float(
        average_precision_score(truth[:, there], logits[:, torch.from_numpy(there)], average="macro")
    )
