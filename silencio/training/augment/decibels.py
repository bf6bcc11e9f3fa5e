"""Pictures as the power that they stand for: only in decibels do sounds add up."""

import math

import torch
from torch import Tensor

from silencio.audio import Scale
from silencio.audio.features import FIXED, LEAST_DEVIATION
from silencio.audio.log_mel import DECIBELS, QUIETEST
from silencio.settings import FrontEnd
from silencio.training.augment.draws import per_picture
from silencio.training.lesson import Rows

NATURAL = float(DECIBELS)
"""Decibels in one unit of the natural logarithm."""


class Decibels:
    """Turns a store's pictures into decibels, and decibels into pictures as the front end makes them."""

    def __init__(self, front_end: FrontEnd, scale: Scale) -> None:
        self._normalize, self.top_db = front_end.normalize, front_end.top_db
        # Copies: what the index lends is read-only.
        self._offset, self._by = torch.tensor(scale.offset_db), torch.tensor(scale.scale_db)

    def of(self, pictures: Tensor, rows: Rows) -> Tensor:
        """Those of the store's windows, [batch, bands, frames]; in place."""
        return pictures.mul_(per_picture(self._by[rows])).add_(per_picture(self._offset[rows]))

    def pictures(self, decibels: Tensor) -> Tensor:
        """[batch, bands, frames], in place. The quietest is raised to top_db under the loudest."""
        loudest = decibels.amax(dim=(1, 2), keepdim=True)
        floor = (loudest - self.top_db).clamp_min_(float(QUIETEST))
        pictures = torch.maximum(decibels, floor, out=decibels)
        if self._normalize == "none":
            return pictures
        if self._normalize == "fixed":
            offset, scale = FIXED
            return pictures.sub_(float(offset)).div_(float(scale))
        if self._normalize == "unit":
            return pictures.sub_(floor).div_(self.top_db)
        # As in audio.features: a picture that is the same everywhere has no rounding errors to be magnified.
        pictures.sub_(loudest)
        pictures.sub_(pictures.mean(dim=(1, 2), keepdim=True))
        # torch.std takes its numbers one by one, and thirty times as long.
        deviation = pictures.square().mean(dim=(1, 2), keepdim=True).sqrt_()
        return pictures.div_(deviation.add_(float(LEAST_DEVIATION)))


def power_sum(decibels: Tensor, others: Tensor) -> Tensor:
    """Decibels of both sounds together, of any shape."""
    return torch.logaddexp(decibels / NATURAL, others / NATURAL).mul_(NATURAL)


def mean_power(decibels: Tensor) -> Tensor:
    """Of each picture, [batch, bands, frames], in decibels, [batch]."""
    cells = decibels.shape[1] * decibels.shape[2]
    return NATURAL * (torch.logsumexp(decibels / NATURAL, dim=(1, 2)) - math.log(cells))
