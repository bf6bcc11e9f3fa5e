"""A fully connected network on a row of numbers, or on a picture that is flattened into one."""

import difflib
import math
from itertools import pairwise

from torch import nn
from torch.nn.modules import activation as activations

from silencio.errors import WrongUse
from silencio.models.classifier import linear_head
from silencio.models.weights.published import Published
from silencio.settings import Model

PUBLISHED = Published()


def build(settings: Model, shape: tuple[int, ...], classes: int) -> nn.Module:
    sizes = (math.prod(shape), *settings.hidden)
    layers = nn.Sequential(nn.Flatten())
    if settings.batch_norm:
        # The first coefficient of an MFCC is a hundred times as large as the last.
        layers.append(nn.BatchNorm1d(sizes[0], affine=False))
    for before, after in pairwise(sizes):
        layers.append(nn.Linear(before, after))
        if settings.batch_norm:
            layers.append(nn.BatchNorm1d(after))
        layers.append(_activation(settings))
    head = linear_head(sizes[-1], classes, settings.dropout)
    network = nn.Sequential()
    network.add_module("layers", layers)
    network.add_module("head", head)
    return network


def _activation(settings: Model) -> nn.Module:
    name, options = settings.activation, settings.activation_options
    known = [
        n for n in activations.__all__ if n not in ("MultiheadAttention", "GLU")
    ]  # no function of each number
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(known)}."
        raise WrongUse(f"model.activation {name} is no activation of torch.nn.", hint)
    try:
        module: nn.Module = getattr(nn, name)(**options)
    except (TypeError, ValueError) as error:
        raise WrongUse(
            f"model.activation_options {options} do not fit torch.nn.{name}: {error}.",
            "Name them as torch's documentation does.",
        ) from error
    return module
