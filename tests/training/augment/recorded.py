"""A store whose windows are known to the cell: sounds of decibels that a test names."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch

from silencio.audio.pictures import as_pictures
from silencio.data.species import write_species
from silencio.data.windows.index import INDEX
from silencio.data.windows.store import Windows, shard_name
from silencio.handover import Kind, seal
from silencio.settings import Augment as Settings
from silencio.settings import FrontEnd
from silencio.training.augment import Augment
from silencio.training.lesson import Lesson
from tests.stores import FRONT_END, SPECIES

OFF: dict[str, Any] = {"random_start": False, "time_mask": 0, "frequency_mask": 0}
PICTURES = (
    FRONT_END,
    FRONT_END.model_copy(update={"normalize": "unit"}),
    FRONT_END.model_copy(update={"normalize": "none"}),
    FRONT_END.model_copy(update={"normalize": "fixed"}),
    FRONT_END.model_copy(update={"features": "image", "image_size": 24}),
)
MFCC = FRONT_END.model_copy(update={"features": "mfcc", "n_mfcc": 12})
AGGREGATED = MFCC.model_copy(update={"normalize": "none", "aggregate": "mean_std"})
KINDS = {
    "standard": PICTURES[0],
    "unit": PICTURES[1],
    "none": PICTURES[2],
    "fixed": PICTURES[3],
    "image": PICTURES[4],
    "mfcc": MFCC,
    "aggregated": AGGREGATED,
}


def off(**changes: Any) -> Settings:
    """Nothing on but what is named."""
    return Settings.model_validate(OFF | changes)


@dataclass
class Recorded:
    """Windows of recordings, as they are added. Each is noise around its recording's level unless a test draws it."""

    front_end: FrontEnd = FRONT_END
    rows: list[dict[str, Any]] = field(default_factory=list)
    pictures: list[np.ndarray] = field(default_factory=list)
    scales: list[tuple[float, float]] = field(default_factory=list)

    def add(
        self,
        recording: str,
        label: str | None = "bird",
        windows: int = 1,
        part: str = "train",
        strong: bool = False,
        level: float = -40.0,
        decibels: Sequence[np.ndarray] = (),
    ) -> None:
        generator = np.random.default_rng(len(self.rows))
        for number in range(windows):
            drawn = level + 6 * generator.standard_normal(self.front_end.shape)
            sound = decibels[number] if decibels else drawn
            if sound.ndim == 3:
                sound[:] = sound[0]  # an image's channels are all the same
            sound = np.maximum(sound, sound.max() - self.front_end.top_db)
            offset, scale = self._scale(sound)
            self.pictures.append(((sound - offset) / scale).astype(np.float16))
            self.scales.append((offset, scale))
            self.rows.append(
                {
                    "recording": recording,
                    "part": part,
                    "start": number * self.front_end.window_seconds,
                    "strong": strong,
                    "labels": [label] if label else [],
                    "secondary": [],
                }
            )

    def _scale(self, sound: np.ndarray) -> tuple[float, float]:
        if self.front_end.normalize == "standard":
            return float(sound.mean()), float(sound.std() + 1e-3)
        if self.front_end.normalize == "unit":
            return float(sound.max() - self.front_end.top_db), self.front_end.top_db
        return (-30.0, 20.0) if self.front_end.normalize == "fixed" else (0.0, 1.0)

    def lesson(self, folder: Path, chooses: bool = False) -> Lesson:
        folder.mkdir(parents=True)
        (folder / shard_name(0)).parent.mkdir()
        (folder / shard_name(0)).write_bytes(np.stack(self.pictures).tobytes())
        offsets, scales = np.array(self.scales).T
        known = self.front_end.features != "mfcc"
        index = pl.DataFrame(self.rows).with_columns(
            offset_db=pl.Series(offsets if known else [None] * len(offsets), dtype=pl.Float32),
            scale_db=pl.Series(scales if known else [None] * len(scales), dtype=pl.Float32),
            shard=pl.lit(0),
            row=pl.int_range(pl.len()),
        )
        missing = [
            pl.lit(None, kind).alias(name) for name, kind in INDEX.items() if name not in index.columns
        ]
        index = index.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in INDEX.items())
        index.write_parquet(folder / "index.parquet")
        write_species(SPECIES, folder / "species.csv")
        (folder / "frontend.json").write_text(self.front_end.model_dump_json())
        windows = Windows(seal(folder, Kind.WINDOWS, {"inputs": {"catalog": "c" * 64}}))
        targets = torch.from_numpy(windows.targets())
        return Lesson(windows, targets, windows.rows("train"), windows.rows("validation"), chooses=chooses)


def small(folder: Path, front_end: FrontEnd = FRONT_END, chooses: bool = False) -> Lesson:
    """Two recordings of two windows for each of three species, and an unlabelled one."""
    recorded = Recorded(front_end)
    for species in SPECIES:
        for number in range(2):
            recorded.add(f"{species.code}{number}", species.code, windows=2, level=-40 - 5 * number)
    recorded.add("forest", None, windows=2, part="unlabelled", level=-60)
    return recorded.lesson(folder, chooses)


def of(lesson: Lesson, seed: int = 0, **changes: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """All windows that are trained on, with nothing on but what is named."""
    return Augment(off(**changes), lesson)(lesson.taught, torch.Generator().manual_seed(seed))


def stored(lesson: Lesson) -> torch.Tensor:
    """What validation sees of the same windows."""
    return torch.from_numpy(as_pictures(lesson.windows.features[lesson.taught]))
