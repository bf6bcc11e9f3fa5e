"""Inception v3 (Szegedy et al., 2015) on pictures, without the auxiliary head, which fails on low ones."""

import math

from torch import Tensor, nn
from torch.nn import functional

from silencio.models.by_timm import build_by_timm
from silencio.models.classifier import Classifier
from silencio.models.weights.published import Published
from silencio.settings import Model

PUBLISHED = Published(stem="Conv2d_1a_3x3.conv", classifier="fc", besides=("AuxLogits.",))
SMALLEST = 75
"""Pixels: below, the layers that do not pad leave nothing of a picture."""


def build(settings: Model, shape: tuple[int, ...], classes: int) -> nn.Module:
    network = build_by_timm("inception_v3", settings, shape, classes, aux_logits=False)
    if min(shape[-2:]) < SMALLEST:
        backbone = network.backbone if isinstance(network, Classifier) else network
        backbone.register_forward_pre_hook(_enlarged)
    return network


def _enlarged(network: nn.Module, inputs: tuple[Tensor]) -> Tensor:
    """[batch, channels, bands, frames], a side that is too short stretched by a whole number."""
    height, width = inputs[0].shape[-2:]
    factors = math.ceil(SMALLEST / height), math.ceil(SMALLEST / width)
    size = height * factors[0], width * factors[1]
    return functional.interpolate(inputs[0], size=size, mode="bilinear", align_corners=False)
