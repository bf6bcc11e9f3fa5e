"""Draw the pictures of augmentation.md from the built-in reserve: make pictures

Each shows a window and what one augmentation alone makes of it; where another window has a part in it, that one
stands between. What training draws anew every time is chosen here, so that it shows.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import torch
from torch import Tensor

from silencio.data.ingest.make import ingest
from silencio.data.report.png import png
from silencio.data.windows.store import Windows, build_windows
from silencio.experiment import load_experiment
from silencio.training.augment.background import lay_behind
from silencio.training.augment.colour import curves
from silencio.training.augment.company import join
from silencio.training.augment.decibels import Decibels
from silencio.training.augment.masks import BANDS, TIME, mask
from silencio.training.augment.mixstyle import recorded_as
from silencio.training.augment.mixup import laid_over
from silencio.training.augment.pitch import Pitch
from silencio.training.augment.silence import nothing
from silencio.training.augment.start import NOBODY, cut, next_windows, strips
from silencio.training.augment.threshold import raise_floor
from silencio.workspace import Workspace

FOLDER = Path(__file__).with_name("augmentation")
RESERVE = (
    "data.reserve.species=4",
    "data.reserve.recordings_per_species=8",
    "data.reserve.soundscapes=8",
    "data.reserve.sites=4",
    "data.reserve.rain=0.5",
)
DEPTH_DB = 60.0
"""From black to white."""
GAP, TALLER = 12, 2
"""Columns between two windows, and rows for each band."""


@dataclass(frozen=True)
class Cast:
    """The windows that play, each [1, bands, frames] in decibels."""

    windows: Windows
    decibels: Decibels
    window: Tensor
    next: Tensor
    relative: Tensor
    """Another recording of the same species."""
    stranger: Tensor
    """Of another species."""
    nobody: Tensor

    @classmethod
    def of(cls, windows: Windows) -> "Cast":
        assert windows.scale
        decibels = Decibels(windows.front_end, windows.scale)

        def heard(row: int) -> Tensor:
            rows = np.array([row])
            return decibels.of(torch.from_numpy(windows.features[rows]).float(), rows)

        after = next_windows(windows)
        known = windows.index.with_columns(
            at=pl.int_range(pl.len()),
            after=after,
            # A recording's last window may be half silence.
            goes_on=(after != NOBODY) & (after[after] != NOBODY),
            species=pl.col("labels").list.first(),
        ).sort("snr_db", descending=True, nulls_last=True)
        clear = known.filter(pl.col("strong").not_())
        first = clear.filter("goes_on").row(0, named=True)
        others = clear.filter(pl.col("recording") != first["recording"])
        relative = others.filter(species=first["species"]).row(0, named=True)
        stranger = others.filter(pl.col("species") != first["species"]).row(0, named=True)
        silent = known.filter(pl.col("strong") & (pl.col("labels").list.len() == 0)).row(0, named=True)
        return cls(
            windows,
            decibels,
            heard(first["at"]),
            heard(first["after"]),
            heard(relative["at"]),
            heard(stranger["at"]),
            heard(silent["at"]),
        )


def scenes(cast: Cast) -> Iterator[tuple[str, list[Tensor]]]:
    """The name of each picture, and its windows from left to right."""
    window, front_end = cast.window, cast.windows.front_end
    drawn = torch.Generator().manual_seed(7)
    frames = window.shape[-1]
    later = torch.tensor([frames // 2])
    joined = cut(*strips(window, torch.tensor([0]), cast.next, 1), later)
    yield "random_start", [window, cast.next, joined]
    average = float(window.mean())
    yield "time_mask", [window, mask(window, 0.5, TIME, drawn, average)]
    yield "frequency_mask", [window, mask(window, 0.5, BANDS, drawn, average)]
    raised = raise_floor(window.clone(), front_end.top_db - 64, 0, drawn)
    yield "threshold_db", [window, raised]
    yield "same_species", [window, cast.relative, join(window, cast.relative)]
    standard = [cast.decibels.pictures(one.clone()) for one in (window, cast.stranger)]
    mixed = laid_over(standard[0], standard[1], torch.tensor([0.6]))
    yield "mixup", [window, cast.stranger, in_decibels(mixed, window)]
    moved = recorded_as(window, cast.stranger, torch.tensor([0.5]))
    yield "mixstyle", [window, cast.stranger, moved]
    behind = lay_behind(window, cast.nobody, (0.0, 0.0), drawn)
    yield "background", [window, cast.nobody, behind]
    yield "gain_db", [window, window - 15]
    curve = curves(1, window.shape[1], 1.0, drawn)
    yield "colour_db", [window, window + 15 * (curve / curve.abs().max())[:, :, None]]
    yield "pitch", [window, Pitch(front_end, window.shape[1]).shifted(window, torch.tensor([6.0]))]
    yield "silence", [window, window.max() - 10 + heard_nothing(window, drawn)]
    alone = strips(window, torch.empty(0, dtype=torch.int64), window[:0], 1)
    yield "speed", [window, cut(*alone, torch.tensor([0]), torch.tensor([1.4]))]


def heard_nothing(window: Tensor, drawn: torch.Generator) -> Tensor:
    """Noise, its loudest at 0 dB."""
    noises = nothing(8, *window.shape[1:], drawn)
    noise = noises[noises.std(dim=(1, 2)) > 0][:1]
    return noise - noise.max()


def in_decibels(picture: Tensor, like: Tensor) -> Tensor:
    """A standardized picture as loud, and as deep, as another one, so that both can be shown side by side."""
    return picture * like.std() + like.mean()


def side_by_side(scene: list[Tensor]) -> np.ndarray:
    """From 0 to 1, NaN between the windows, low bands at the bottom; the first window says what is white."""
    white = scene[0].max()
    gap = torch.full((scene[0].shape[1], GAP), torch.nan)
    parts = [gap]
    for window in scene:
        parts += [((window[0] - white) / DEPTH_DB + 1).clamp(0, 1), gap]
    whole = torch.cat(parts[1:-1], dim=1).flip(0)
    return whole.repeat_interleave(TALLER, dim=0).numpy()


def main() -> None:
    experiment = load_experiment("demo", RESERVE)
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(folder)
        catalog = ingest(experiment, workspace, feedback=None)
        windows = Windows.open(build_windows(catalog, experiment.audio, workspace))
        FOLDER.mkdir(exist_ok=True)
        for name, scene in scenes(Cast.of(windows)):
            (FOLDER / f"{name}.png").write_bytes(png(side_by_side(scene)))
            print(FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
