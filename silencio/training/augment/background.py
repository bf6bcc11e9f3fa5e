"""What is heard where nobody is known to call, laid behind a window: wind, rain, streams, and who else lives there."""

import numpy as np
import torch
from torch import Tensor

from silencio.data.windows.store import Windows
from silencio.training.augment.decibels import mean_power, power_sum
from silencio.training.augment.draws import between, per_picture
from silencio.training.lesson import Rows


def backgrounds(windows: Windows) -> Rows:
    """Windows of recordings that nobody labelled, and of those to train on in whose time nobody was heard."""
    index = windows.index
    unlabelled = (index["part"] == "unlabelled").to_numpy()
    silent = (index["strong"] & (index["labels"].list.len() == 0)).to_numpy()
    return np.flatnonzero(unlabelled | (silent & (index["part"] == "train").to_numpy()))


def lay_behind(
    decibels: Tensor, behind: Tensor, snr_db: tuple[float, float], generator: torch.Generator
) -> Tensor:
    """Both [batch, bands, frames]. The signal-to-noise ratio is drawn between two: of the window's mean power, with
    all that is in it, to its background's."""
    ratio = between(*snr_db, len(decibels), generator)
    level = mean_power(decibels) - mean_power(behind) - ratio
    return power_sum(decibels, behind + per_picture(level))
