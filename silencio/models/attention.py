"""Sound event detection: what calls when, learned from labels that only say what calls somewhere in a window.

As in PANNs' decision-level attention and the networks that won BirdCLEF, but the frames' logits are averaged,
not their probabilities: a loss on logits then needs no logarithm of a sum that may be 0 or 1.
"""

from torch import Tensor, nn
from torch.nn import functional

from silencio.models.classifier import Classifier


class AttentionHead(nn.Module):
    """Frames, [batch, features, frames], to logits: each class weighs them by where it is to be heard."""

    def __init__(self, features: int, classes: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.attention = nn.Conv1d(features, classes, 1)
        self.classifier = nn.Conv1d(features, classes, 1)

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """The window's logits, [batch, classes], and each frame's, [batch, classes, frames]."""
        frames = self.dropout(frames)
        logits: Tensor = self.classifier(frames)
        return (self.attention(frames).softmax(2) * logits).sum(2), logits


class Frames(nn.Module):
    """Maps [batch, features, bands, frames] to frames [batch, features, frames]."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(features, features)

    def forward(self, maps: Tensor) -> Tensor:
        smoothed = smooth(maps.mean(2))
        frames: Tensor = self.fc1(smoothed.transpose(1, 2)).relu().transpose(1, 2)
        return frames


class FrameWise(Classifier):
    """A classifier that also says what calls in each frame; its head is an `AttentionHead`.

    A backbone that gives maps needs `frames` above it, which learn even where the backbone is frozen.
    """

    def __init__(
        self, backbone: nn.Module, head: AttentionHead, frozen: bool, frames: Frames | None = None
    ) -> None:
        super().__init__(backbone, head, frozen)
        self.frames = frames or nn.Identity()

    def forward(self, pictures: Tensor) -> Tensor:
        """[batch, channels, bands, frames] to logits [batch, classes]."""
        return self.clip_and_frames(pictures)[0]

    def clip_and_frames(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """The window's logits, [batch, classes], and its frames', [batch, classes, frames]: as many as the
        backbone leaves, each of a part of the window, in order."""
        clip, frames = self.head(self.frames(self.backbone(pictures)))
        return clip, frames


def smooth(frames: Tensor) -> Tensor:
    """[batch, features, frames]: each with its two neighbours, their largest and their mean."""
    largest = functional.max_pool1d(frames, 3, stride=1, padding=1)
    return largest + functional.avg_pool1d(frames, 3, stride=1, padding=1)
