"""EfficientNet-B0 (Tan and Le, 2019) on pictures: the best for its size, and its size is small."""

from torch import nn

from silencio.models.by_timm import build_by_timm
from silencio.models.weights.published import Published
from silencio.settings import Model

PUBLISHED = Published(stem="conv_stem", classifier="classifier")


def build(settings: Model, shape: tuple[int, ...], classes: int) -> nn.Module:
    return build_by_timm("efficientnet_b0", settings, shape, classes)
