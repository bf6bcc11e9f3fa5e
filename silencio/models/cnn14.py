"""CNN14 of PANNs (Kong et al., 2020), its parts named as in the checkpoints that its authors published.

81 million weights: from scratch it wants more recordings than most reserves have, with AudioSet's it knows sound.
"""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

from silencio.audio.pictures import channels
from silencio.models.attention import AttentionHead, FrameWise, smooth
from silencio.models.classifier import Classifier, linear_head
from silencio.models.shapes import only_pictures
from silencio.models.weights.published import Published
from silencio.settings import FrontEnd, Model

WIDTHS = (64, 128, 256, 512, 1024, 2048)
EMBEDDING = WIDTHS[-1]
BLOCK_DROPOUT, DROPOUT = 0.2, 0.5
"""As published: after each block, and around what is pooled."""

PUBLISHED = Published(
    classifier="fc_audioset",
    besides=("spectrogram_extractor.", "logmel_extractor."),  # fixed: our front end does their work
    front_end=FrontEnd(
        sample_rate=32_000,
        n_fft=1024,
        hop_length=320,
        n_mels=64,
        fmin=50,
        fmax=14_000,
        normalize="none",
        top_db=150,
    ),
    free=("window_seconds", "hop_seconds", "cutting", "n_mfcc", "image_size"),
)
"""PANNs clip nothing: power starts at -100 dB, and 150 dB above that no sample can come."""


def build(settings: Model, shape: tuple[int, ...], classes: int) -> nn.Module:
    only_pictures(settings.architecture, shape)
    frame_wise = settings.head == "attention"
    backbone = Cnn14(channels(shape), shape[-2], frame_wise)
    if frame_wise:
        return FrameWise(backbone, AttentionHead(EMBEDDING, classes, settings.dropout), settings.frozen)
    return Classifier(backbone, linear_head(EMBEDDING, classes, settings.dropout), settings.frozen)


class Cnn14(nn.Module):
    """[batch, channels, bands, frames] to embeddings: [batch, 2048], or frame-wise [batch, 2048, fewer frames]."""

    def __init__(self, channels: int, bands: int, frame_wise: bool) -> None:
        super().__init__()
        self.bn0 = nn.BatchNorm2d(bands)
        for number, (before, after) in enumerate(pairwise((channels, *WIDTHS)), start=1):
            self.add_module(f"conv_block{number}", ConvBlock(before, after))
        self.fc1 = nn.Linear(EMBEDDING, EMBEDDING)
        nn.init.xavier_uniform_(self.fc1.weight)
        nn.init.zeros_(self.fc1.bias)
        self._frame_wise = frame_wise

    def forward(self, pictures: Tensor) -> Tensor:
        # PANNs' kernels look along time first, and each band is normalized by itself.
        maps = self.bn0(pictures.transpose(1, 2)).permute(0, 2, 3, 1)
        for number in range(1, len(WIDTHS) + 1):
            maps = self.get_submodule(f"conv_block{number}")(maps)
            if number < len(WIDTHS):
                # A picture of few bands is a single one before the last block.
                maps = functional.avg_pool2d(maps, [min(2, side) for side in maps.shape[2:]])
            maps = functional.dropout(maps, BLOCK_DROPOUT, self.training)
        frames = maps.mean(3)
        heard = smooth(frames).transpose(1, 2) if self._frame_wise else frames.amax(2) + frames.mean(2)
        embeddings: Tensor = self.fc1(functional.dropout(heard, DROPOUT, self.training)).relu()
        return embeddings.transpose(1, 2) if self._frame_wise else embeddings


class ConvBlock(nn.Module):
    """[batch, before, frames, bands] to [batch, after, frames, bands]."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(after, after, 3, padding=1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(after), nn.BatchNorm2d(after)
        nn.init.xavier_uniform_(self.conv1.weight)
        nn.init.xavier_uniform_(self.conv2.weight)

    def forward(self, maps: Tensor) -> Tensor:
        maps = self.bn1(self.conv1(maps)).relu()
        made: Tensor = self.bn2(self.conv2(maps)).relu()
        return made
