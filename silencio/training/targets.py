"""What a model is to say of each window that it is trained on."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from silencio.data.windows.store import Windows
from silencio.settings import Loss

IGNORED = 2.0**-14
"""The target of a species that a window's loss leaves out. Above 0 and below any that is meant: so the larger of
two recordings' targets, when they are laid over each other, is what is known of both."""


def training_targets(windows: Windows, loss: Loss, secondary_weight: float) -> Tensor:
    """1 for the labelled species, less or `IGNORED` for those that call in the recording, [windows, classes].

    Where it is only known who does not call, all others are `IGNORED`.
    """
    weight = IGNORED if loss.secondary == "ignored" else secondary_weight
    weaker = np.float32(weight) * windows.targets("secondary")
    targets = np.maximum(windows.targets(), weaker)
    absent = windows.targets("absent")
    denied = absent.any(axis=1)
    targets[denied] = np.where(absent[denied] > 0, 0, np.float32(IGNORED))
    return torch.from_numpy(targets)


def balanced_weights(labels: NDArray[np.float32]) -> Tensor:
    """[windows, classes] to [classes]: what makes every species count as much as any other, 1 on average over the
    labels. A species without one weighs 1."""
    counts = labels.sum(axis=0)
    heard = counts > 0
    weights = np.ones(len(counts), np.float32)
    weights[heard] = counts.sum() / (heard.sum() * counts[heard])
    return torch.from_numpy(weights)
