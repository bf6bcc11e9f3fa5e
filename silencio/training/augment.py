"""What is done to a batch of pictures so that no two epochs are alike. All draw from torch's own generator."""

import torch
from torch import Tensor

from silencio.models.torch_beside import make_importable
from silencio.settings import Training


class Augment:
    """Pictures [batch, channels, mels, frames] and targets [batch, classes] to others of the same shapes.

    What has no time, such as coefficients [batch, coefficients], is neither turned nor masked.
    """

    def __init__(self, settings: Training, shape: tuple[int, ...]) -> None:
        """`shape` is one window's, as the front end says."""
        self._mixup = settings.mixup
        self._masks: torch.nn.Sequential | None = None
        if len(shape) == 1:
            return
        make_importable()
        from torchaudio.transforms import FrequencyMasking, TimeMasking

        mels, frames = shape[-2:]
        self._masks = torch.nn.Sequential(
            TimeMasking(round(settings.time_mask * frames), iid_masks=True),
            FrequencyMasking(round(settings.frequency_mask * mels), iid_masks=True),
        )

    def __call__(self, pictures: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        if self._masks is not None:
            # Pictures are standardized: a mask of 0 is a patch of average loudness.
            pictures = self._masks(roll(pictures))
        return mixup(pictures, targets, self._mixup) if self._mixup else (pictures, targets)


def roll(pictures: Tensor) -> Tensor:
    """Each picture turned in time by a drawn amount: when in the window a call comes says nothing."""
    shifts = torch.randint(pictures.shape[-1], (len(pictures),))
    return torch.stack([p.roll(int(shift), dims=-1) for p, shift in zip(pictures, shifts, strict=True)])


def mixup(pictures: Tensor, targets: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    """Lay two recordings over each other. Who is in either is in both: the targets' union, not their mean."""
    share = torch.distributions.Beta(alpha, alpha).sample((len(pictures),))
    share = torch.maximum(share, 1 - share)
    other = torch.randperm(len(pictures))
    weight = share.reshape(-1, *[1] * (pictures.dim() - 1))
    audible = torch.where(share[:, None] < 0.9, targets[other], torch.zeros_like(targets))
    return weight * pictures + (1 - weight) * pictures[other], torch.maximum(targets, audible)
