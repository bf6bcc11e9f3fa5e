"""MobileNetV2 (Sandler et al., 2018) on one-channel pictures: small enough for a phone, and for two cores."""

from torch import nn

from silencio.models.torch_beside import make_importable
from silencio.settings import Model


def build(settings: Model, classes: int) -> nn.Module:
    make_importable()
    import timm

    network: nn.Module = timm.create_model(
        "mobilenetv2_100", pretrained=False, in_chans=1, num_classes=classes, drop_rate=settings.dropout
    )
    return network
