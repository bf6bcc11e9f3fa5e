"""What wrong answers cost.

    objective = Objective(settings.training.loss, weights)
    objective(logits, targets).backward()

Targets are `silencio.training.targets`: from 0 to 1, and `IGNORED` for a species that must not count.
"""

from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, log_softmax

from silencio.errors import WrongUse
from silencio.models.ensemble import Ensemble
from silencio.settings import Loss
from silencio.training.targets import IGNORED


@runtime_checkable
class HearsFrames(Protocol):
    """A model that also says when, not only whether."""

    def clip_and_frames(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of the windows as `forward` gives them, [batch, classes], and of their frames,
        [batch, classes, frames]."""


class Objective:
    def __init__(self, settings: Loss, weights: Tensor | None = None) -> None:
        """`weights` of the classes, [classes]; none: all count the same."""
        self._settings = settings
        self._weights = weights

    def __call__(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Both [batch, classes], to one number."""
        if self._settings.name == "cross_entropy":
            weights = None if self._weights is None else self._weights.to(logits.device)
            return cross_entropy(logits, targets, weights)
        counts = (targets != IGNORED).to(logits.dtype)
        # Ones that are left out leave the others the whole of the mean.
        counts = counts * (counts.numel() / counts.sum().clamp_min(1))
        positive = self._positive_weights(logits)
        if self._settings.name == "bce":
            return binary_cross_entropy_with_logits(logits, targets, weight=counts, pos_weight=positive)
        return (counts * focal(logits, targets, self._settings.gamma, positive)).mean()

    def weight(self, targets: Tensor) -> Tensor:
        """What a batch weighs, one number: losses of its parts, meant by theirs, are the loss of the whole."""
        if self._settings.name == "cross_entropy":
            weights = None if self._weights is None else self._weights.to(targets.device)
            return choices(targets, weights).sum()
        return (targets != IGNORED).sum()

    def of(self, model: nn.Module, pictures: Tensor, targets: Tensor) -> Tensor:
        """The loss of what the model says of a batch. Half precision ends here: sums need all of it."""
        if self._settings.weak_labels == "whole":
            return self(model(pictures).float(), targets)
        if not isinstance(model, HearsFrames):
            raise WrongUse(
                f"training.loss.weak_labels is best_frame, and a {type(model).__name__} does not hear frames.",
                "Set model.head to attention, or weak_labels to whole.",
            )
        clips, frames = model.clip_and_frames(pictures)
        # The frames alone would not teach the head which of them to listen to.
        return (self(clips.float(), targets) + self(frames.amax(dim=-1).float(), targets)) / 2

    def ranked(self, logits: Tensor) -> Tensor:
        """Numbers of the same shape that order windows as their probabilities do, and never saturate."""
        return log_softmax(logits, dim=1) if self._settings.name == "cross_entropy" else logits

    def _positive_weights(self, logits: Tensor) -> Tensor | None:
        if self._weights is None and self._settings.positive_weight == 1:
            return None
        weights = torch.ones_like(logits[0]) if self._weights is None else self._weights.to(logits.device)
        return weights * self._settings.positive_weight


def focal(logits: Tensor, targets: Tensor, gamma: float, positive_weights: Tensor | None) -> Tensor:
    """Lin et al., 2017: the cross-entropy times (1 - p of what is true) ** gamma, [batch, classes]."""
    costs = binary_cross_entropy_with_logits(logits, targets, pos_weight=positive_weights, reduction="none")
    probabilities = logits.sigmoid()
    surprise = probabilities * (1 - targets) + (1 - probabilities) * targets
    return costs * surprise**gamma


def cross_entropy(logits: Tensor, targets: Tensor, weights: Tensor | None) -> Tensor:
    """Of one choice among the species that are not ignored, meant over the windows by their weights.

    Several targets share a window; one without any has nothing to be chosen, and costs nothing.
    """
    ignored = targets == IGNORED
    chosen = choices(targets, weights)
    # Infinity times a target of 0 would be no number.
    scores = logits.masked_fill(ignored, torch.finfo(logits.dtype).min)
    costs = -(chosen * log_softmax(scores, dim=1)).sum()
    return costs / chosen.sum().clamp_min(IGNORED)


def choices(targets: Tensor, weights: Tensor | None) -> Tensor:
    """What a window's choice is worth, shared among its targets, [batch, classes]."""
    chosen = targets.masked_fill(targets == IGNORED, 0)
    chosen = chosen / chosen.sum(dim=1, keepdim=True).clamp_min(IGNORED)
    return chosen if weights is None else chosen * weights


class Cost(nn.Module):
    """A batch to its loss, so that all that is asked of a model while it learns is one call."""

    def __init__(self, model: nn.Module, objective: Objective) -> None:
        super().__init__()
        self.model = model
        self._objective = objective

    def forward(self, pictures: Tensor, targets: Tensor) -> Tensor:
        return self._objective.of(self.model, pictures, targets)


def asked_of_each(model: nn.Module) -> nn.Module:
    """A model that was trained to choose; of an ensemble every member, for what is averaged is probabilities."""
    if isinstance(model, Ensemble):
        model.members = nn.ModuleList(LogOdds(member) for member in model.members)
        return model
    return LogOdds(model)


class LogOdds(nn.Module):
    """A model of one choice, as one that is asked of each species: whoever takes the sigmoid of what it says gets
    the softmax. So everything after training knows one kind of model."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, pictures: Tensor) -> Tensor:
        logits: Tensor = self.model(pictures)
        # The others' sum, taken from what is left of 1, would lose a sure answer's last digits.
        itself = torch.eye(logits.shape[1], dtype=torch.bool, device=logits.device)
        others = logits[:, None, :].masked_fill(itself, torch.finfo(logits.dtype).min).logsumexp(dim=-1)
        return logits - others
