"""ResNet-50 (He et al., 2015) on pictures: large, plain, and trained from scratch unless weights are named."""

from torch import nn

from silencio.models.by_timm import build_by_timm
from silencio.models.weights.published import Published
from silencio.settings import Model

PUBLISHED = Published(stem="conv1", classifier="fc")


def build(settings: Model, shape: tuple[int, ...], classes: int) -> nn.Module:
    return build_by_timm("resnet50", settings, shape, classes)
