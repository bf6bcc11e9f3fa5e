"""Architectures, one a file, built by the name that the experiment file gives.

Every one maps pictures [batch, 1, mels, frames] to logits [batch, classes].
"""

import difflib
from importlib import import_module
from typing import TYPE_CHECKING

from silencio.errors import WrongUse
from silencio.settings import Model

if TYPE_CHECKING:
    from torch import nn

ARCHITECTURES = ("mobilenetv2",)


def build(settings: Model, classes: int) -> "nn.Module":
    if settings.architecture not in ARCHITECTURES:
        near = difflib.get_close_matches(settings.architecture, ARCHITECTURES, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(ARCHITECTURES)}."
        raise WrongUse(f"There is no architecture {settings.architecture}.", hint)
    module: nn.Module = import_module(f"silencio.models.{settings.architecture}").build(settings, classes)
    return module
