"""A small CNN for spoken digits and the like: AudioNet (Becker et al., 2018) made simpler.

Seven layers on log-mel or MFCC. A channel of its own tells which band is looked at: low and high mean different
things, as left and right in a photograph do not.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from silencio.audio.pictures import channels
from silencio.models.attention import AttentionHead, Frames, FrameWise
from silencio.models.classifier import Classifier, linear_head
from silencio.models.shapes import only_pictures
from silencio.models.weights.published import Published
from silencio.settings import Model

PUBLISHED = Published()
GROWTH = (1, 2, 4, 6)
"""Channels of the stem and of the three stages, in widths."""
STEADY = 1e-4
"""A variance, far below any that is heard: the root of none at all has no gradient."""


def build(settings: Model, shape: tuple[int, ...], classes: int) -> nn.Module:
    only_pictures(settings.architecture, shape)
    backbone = Stages(channels(shape), settings.width)
    features = GROWTH[-1] * settings.width
    if settings.head == "attention":
        attention = AttentionHead(features, classes, settings.dropout)
        return FrameWise(backbone, attention, settings.frozen, Frames(features))
    pooled = nn.Sequential(Pooled(), linear_head(3 * features, classes, settings.dropout))
    return Classifier(backbone, pooled, settings.frozen)


class Stages(nn.Module):
    """[batch, channels, bands, frames] to maps [batch, 6 widths, bands / 8, frames / 8]."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        sizes = [factor * width for factor in GROWTH]
        self.stem = _layer(channels + 1, sizes[0])
        self.stages = nn.ModuleList(
            nn.Sequential(_layer(before, after), _layer(after, after)) for before, after in pairwise(sizes)
        )

    def forward(self, pictures: Tensor) -> Tensor:
        maps: Tensor
        heights = torch.linspace(-1, 1, pictures.shape[2], device=pictures.device, dtype=pictures.dtype)
        maps = torch.cat([pictures, heights[:, None].expand_as(pictures[:, :1])], 1)
        maps = self.stem(maps)  # whole: the thinnest lines of a call are a band wide
        for stage in self.stages:
            maps = stage(functional.max_pool2d(maps, [min(2, side) for side in maps.shape[2:]]))
        return maps


class Pooled(nn.Module):
    """[batch, features, bands, frames] to [batch, 3 features]: the largest, for a call may be short; the mean; and how
    that of all bands swells and fades from frame to frame, for rain is steady and the sea is not."""

    def forward(self, maps: Tensor) -> Tensor:
        frames = maps.mean(2)
        swelling = (frames.var(2, correction=0) + STEADY).sqrt()
        return torch.cat([maps.amax((2, 3)), frames.mean(2), swelling], 1)


def _layer(before: int, after: int) -> nn.Sequential:
    convolution = nn.Conv2d(before, after, 3, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU(inplace=True))
