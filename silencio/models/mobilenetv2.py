"""MobileNetV2 (Sandler et al., 2018) on pictures: small enough for a phone, and for two cores."""

from torch import nn

from silencio.models.by_timm import build_by_timm
from silencio.models.weights.published import Published
from silencio.settings import Model

PUBLISHED = Published(stem="conv_stem", classifier="classifier")


def build(settings: Model, shape: tuple[int, ...], classes: int) -> nn.Module:
    return build_by_timm("mobilenetv2_100", settings, shape, classes)
