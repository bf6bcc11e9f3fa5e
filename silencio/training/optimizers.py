"""Optimizers, by their names in torch.optim."""

import inspect
from collections.abc import Mapping

import torch
from torch import nn
from torch.optim import Optimizer

from silencio.errors import WrongUse
from silencio.settings import Training
from silencio.training.named import choose, make

NEED_MORE = {"LBFGS", "SparseAdam", "Muon"}
"""They ask for a loss many times a step, for sparse gradients, or for matrices only."""

DEFAULTS: Mapping[str, Mapping[str, object]] = {"SGD": {"momentum": 0.9, "nesterov": True}}
"""Where ours are not torch's."""

SET_ELSEWHERE = {
    "params": "the model",
    "lr": "training.learning_rate",
    "weight_decay": "training.weight_decay",
}


def optimizers() -> dict[str, type[Optimizer]]:
    """By name: all that take a step on any dense gradient."""
    known = {name: getattr(torch.optim, name) for name in torch.optim.__all__ if name not in NEED_MORE}
    return {
        name: kind
        for name, kind in known.items()
        if inspect.isclass(kind) and issubclass(kind, Optimizer) and kind is not Optimizer
    }


def make_optimizer(model: nn.Module, settings: Training) -> Optimizer:
    """Of the weights that are not frozen."""
    kind = choose("training.optimizer", settings.optimizer, optimizers())
    if settings.weight_decay and "weight_decay" not in inspect.signature(kind).parameters:
        raise WrongUse(
            f"training.weight_decay is {settings.weight_decay:g}, and {settings.optimizer} has none.",
            "Set it to 0, or take another optimizer.",
        )
    return make(
        "training.optimizer_options",
        kind,
        ([weights for weights in model.parameters() if weights.requires_grad],),
        {
            "lr": settings.learning_rate,
            "weight_decay": settings.weight_decay,
            **DEFAULTS.get(settings.optimizer, {}),
        },
        settings.optimizer_options,
        SET_ELSEWHERE,
    )
