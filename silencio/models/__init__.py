"""Architectures, one a file, built by the name that the experiment file gives.

    model = build(experiment.model, experiment.audio.shape, classes=12)

Every one maps windows, as `audio.pictures` gives them, to logits [batch, classes]. Its weights are drawn from
torch's generator; `silencio.models.weights` puts published ones in their place before a training begins.
"""

import difflib
from importlib import import_module
from typing import TYPE_CHECKING

from silencio.errors import WrongUse
from silencio.settings import Model

if TYPE_CHECKING:
    from torch import nn

ARCHITECTURES = (
    "cnn",
    "cnn14",
    "efficientnet_b0",
    "embedding",
    "ensemble",
    "fcnn",
    "inception_v3",
    "mobilenetv2",
    "resnet50",
)


def build(settings: Model, shape: tuple[int, ...], classes: int) -> "nn.Module":
    """`shape` is one window's, as the front end says."""
    if settings.architecture not in ARCHITECTURES:
        near = difflib.get_close_matches(settings.architecture, ARCHITECTURES, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(ARCHITECTURES)}."
        raise WrongUse(f"There is no architecture {settings.architecture}.", hint)
    architecture = import_module(f"silencio.models.{settings.architecture}")
    module: nn.Module = architecture.build(settings, shape, classes)
    return module
