"""Networks made for photographs, as timm builds them, on pictures of sound."""

from typing import Any

from torch import nn

from silencio.audio.pictures import channels
from silencio.models.attention import AttentionHead, Frames, FrameWise
from silencio.models.classifier import Classifier, Pool, linear_head
from silencio.models.shapes import only_pictures
from silencio.models.torch_beside import make_importable
from silencio.settings import Model


def build_by_timm(
    name: str, settings: Model, shape: tuple[int, ...], classes: int, **options: Any
) -> nn.Module:
    """timm's network of that name as it is; its maps under a head of ours where that must be."""
    only_pictures(settings.architecture, shape)
    make_importable()
    import timm

    options |= {"pretrained": False, "in_chans": channels(shape)}
    if settings.head == "linear" and not settings.frozen:
        network: nn.Module = timm.create_model(
            name, num_classes=classes, drop_rate=settings.dropout, **options
        )
        begin_shallow(network)
        return network
    backbone = timm.create_model(name, num_classes=0, global_pool="", **options)
    begin_shallow(backbone)
    features, dropout = backbone.num_features, settings.dropout
    if settings.head == "linear":
        head = nn.Sequential(Pool(), linear_head(features, classes, dropout))
        return Classifier(backbone, head, settings.frozen)
    attention = AttentionHead(features, classes, dropout)
    return FrameWise(backbone, attention, settings.frozen, Frames(features))


def begin_shallow(network: nn.Module) -> None:
    """Let every block with a bypass pass its input on at first, so that the network grows deep as it learns.

    timm does so for ResNets. On the few hundred recordings of the demo, from scratch, 10 epochs of AdamW then
    lead MobileNetV2 to a validation mAP of 0.36 instead of 0.25; EfficientNet is of the same blocks.
    """
    for block in network.modules():
        last = getattr(block, "bn3", None)
        if getattr(block, "has_skip", False) and isinstance(last, nn.BatchNorm2d):
            nn.init.zeros_(last.weight)
