"""Several models that answer as one: the weighted mean of their probabilities.

    ensemble = Ensemble(models, fit_weights(probabilities, truth))

It is a module as any other: saved in one file, exported as one ONNX model.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from silencio.errors import WrongUse
from silencio.settings import Model

GAP = 1e-6
"""Of the log-loss, in nats a decision: how far from the best the fitted weights may be."""
ROUNDS = 10_000
SMALLEST = 1e-7
"""A probability: a model that is sure and wrong is not to weigh beyond all others."""


def build(settings: Model, shape: tuple[int, ...], classes: int) -> nn.Module:
    """Of equal weights: the fitted ones come with the checkpoint."""
    from silencio.models import build as build_one

    count = len(settings.members)
    return Ensemble([build_one(member, shape, classes) for member in settings.members], [1 / count] * count)


class Ensemble(nn.Module):
    """The models take the same windows, but may be of different architectures. `weights` add up to 1."""

    weights: Tensor

    def __init__(self, models: Sequence[nn.Module], weights: Sequence[float] | NDArray[np.float64]) -> None:
        super().__init__()
        given = torch.as_tensor(weights, dtype=torch.float32)
        if given.shape != (len(models),) or (given < 0).any() or abs(float(given.sum()) - 1) > 1e-4:
            raise WrongUse(
                f"{len(models)} models cannot be weighed by {given.tolist()}.",
                "Give each a weight of 0 or more, together 1, as fit_weights does.",
            )
        self.members = nn.ModuleList(models)
        self.register_buffer("weights", given)

    def forward(self, pictures: Tensor) -> Tensor:
        """Windows to logits [batch, classes], of the mean of the members' probabilities."""
        logits = torch.stack([member(pictures) for member in self.members])
        shares = self.weights.clamp_min(torch.finfo(torch.float32).tiny).log()[:, None, None]
        # By logarithms all along: a probability that rounds to 0 or 1 would have no logit.
        there, not_there = shares + logsigmoid(logits), shares + logsigmoid(-logits)
        return there.logsumexp(0) - not_there.logsumexp(0)


def fit_weights(probabilities: NDArray[np.floating], truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The weights with the least log-loss on validation, [models], together 1.

    probabilities: [models, windows, classes]; truth: [windows, classes].

    The loss is convex in the weights, so that there is one best answer: expectation maximization climbs to it,
    and the largest ratio of a member to the mean, less 1, bounds what is left to gain.
    """
    if not truth.size or probabilities.shape[1:] != truth.shape:
        raise WrongUse(
            f"Probabilities {list(probabilities.shape)} do not fit a truth {list(truth.shape)}.",
            "Give [models, windows, classes] and [windows, classes] of the same windows, at least one.",
        )
    certain = np.clip(probabilities.astype(np.float64), SMALLEST, 1 - SMALLEST)
    likely = np.where(truth, certain, 1 - certain).reshape(len(probabilities), -1)
    weights = np.full(len(likely), 1 / len(likely))
    for _ in range(ROUNDS):
        ratios = (likely / (weights @ likely)).mean(1)
        if ratios.max() - 1 < GAP:
            break
        weights *= ratios
        weights /= weights.sum()
    return weights
