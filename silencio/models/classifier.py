"""A backbone under a head: what a network sees, and what is said of it."""

from typing import Self

from torch import Tensor, nn


class Classifier(nn.Module):
    """Frozen, the backbone learns nothing, and neither drops out nor normalizes by the batch."""

    def __init__(self, backbone: nn.Module, head: nn.Module, frozen: bool = False) -> None:
        super().__init__()
        self.backbone = backbone.requires_grad_(not frozen)
        self.head = head
        self._frozen = frozen

    def forward(self, pictures: Tensor) -> Tensor:
        """[batch, channels, bands, frames] to logits [batch, classes]."""
        logits: Tensor = self.head(self.backbone(pictures))
        return logits

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        if self._frozen:
            self.backbone.eval()
        return self


class Pool(nn.Module):
    """Means over bands and frames: [batch, features, bands, frames] to [batch, features]."""

    def forward(self, maps: Tensor) -> Tensor:
        return maps.mean((2, 3))


def linear_head(features: int, classes: int, dropout: float) -> nn.Sequential:
    """[batch, features] to logits [batch, classes]."""
    return nn.Sequential(nn.Dropout(dropout), nn.Linear(features, classes))
