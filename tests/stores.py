"""A windows store in milliseconds: each species is a bright band of its own in a small noisy picture."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
import soundfile

from silencio.data.catalog import ANNOTATIONS, QUARANTINE, RECORDINGS, Catalog
from silencio.data.species import Species, write_species
from silencio.data.windows.index import INDEX
from silencio.data.windows.store import Windows, shard_name
from silencio.experiment import read_experiment
from silencio.handover import Handover, Kind, open_handover, seal
from silencio.identity import digest_of_file
from silencio.settings import Experiment, FrontEnd

FRONT_END = FrontEnd(
    sample_rate=16_000,
    window_seconds=0.64,
    hop_seconds=0.64,
    n_fft=512,
    hop_length=320,
    n_mels=32,
    fmax=8_000,
)
SPECIES = (
    Species("bird", "Bird", "Avis", "Aves"),
    Species("cricket", "Cricket", "Gryllus", "Insecta"),
    Species("frog", "Frog", "Rana", "Amphibia"),
)
PARTS = {"train": 36, "validation": 18, "test": 24}
SHARD = 32
"""Windows a file."""


def make_windows(
    folder: Path, seed: int = 0, parts: Mapping[str, int] = PARTS, front_end: FrontEnd = FRONT_END
) -> Windows:
    """78 windows of 32 x 33, every fourth silent, from recordings of two windows each."""
    generator, has_bands = np.random.default_rng(seed), front_end.features in ("log_mel", "image")
    folder.mkdir(parents=True)
    rows, pictures = [], []
    for part, count in parts.items():
        for number in range(count):
            called = [] if number % 4 == 3 else [SPECIES[number % 3].code]
            picture = generator.standard_normal(front_end.shape)
            for code in called:
                band = 10 * [s.code for s in SPECIES].index(code)
                picture[band : band + 6] += 3
            pictures.append(picture)
            rows.append(
                {
                    "recording": f"{part}{number // 2}",
                    "part": part,
                    "origin": "release",
                    "start": 1.28 * (number % 2),  # apart, as what they are labelled with
                    "strong": part != "train",
                    "labels": called,
                    "secondary": [],
                    "absent": [],
                    "weight": 1.0,
                    "recorded_at": None,
                    "snr_db": float(number % 9) if called else None,
                    "offset_db": -60.0 + number % 7 if has_bands else None,
                    "scale_db": 12.0 if has_bands else None,
                    "shard": len(rows) // SHARD,
                    "row": len(rows) % SHARD,
                }
            )
    (folder / shard_name(0)).parent.mkdir()
    for number, first in enumerate(range(0, len(pictures), SHARD)):
        shard = np.stack(pictures[first : first + SHARD]).astype(np.float16)
        (folder / shard_name(number)).write_bytes(shard.tobytes())
    pl.DataFrame(rows, schema=INDEX).write_parquet(folder / "index.parquet")
    write_species(SPECIES, folder / "species.csv")
    (folder / "frontend.json").write_text(front_end.model_dump_json())
    return Windows(seal(folder, Kind.WINDOWS, {"inputs": {"catalog": "c" * 64}}))


def make_catalog(windows: Windows) -> Handover:
    """Of the recordings that a store of `make_windows` tells of; beside it, made once."""
    folder = windows.handover.folder.parent / f"{windows.handover.folder.name}-catalog"
    if folder.exists():
        return open_handover(folder, Kind.CATALOG)
    sounds, rate = folder.with_name(f"{folder.name}-sounds"), windows.front_end.sample_rate
    folder.mkdir()
    sounds.mkdir()
    rows = []
    for (name, part, strong), index in windows.index.sort("start").group_by(
        "recording", "part", "strong", maintain_order=True
    ):
        path, seconds = sounds / f"{name}.wav", float(index["start"].max()) + windows.front_end.window_seconds
        noise = 0.1 * np.random.default_rng(len(rows)).standard_normal(round(seconds * rate))
        soundfile.write(path, noise, rate)
        rows.append(
            {
                "id": name,
                "uri": f"release/{path.name}",
                "digest": digest_of_file(path),
                "labelled": "timed" if strong else "whole",
                "primary_label": None if strong else index["labels"].explode().drop_nulls()[0],
                "secondary_labels": [],
                "duration": seconds,
                "sample_rate": rate,
                "origin": "release",
                "weight": 1.0,
                "group": name,
                "part": part,
            }
        )
    told = dict.fromkeys(RECORDINGS.names(), None)
    recordings = pl.DataFrame([told | row for row in rows], schema=RECORDINGS)
    empty = ANNOTATIONS.to_frame(), windows.species, QUARANTINE.to_frame()
    Catalog(recordings, *empty, {"release": str(sounds)}).write(folder)
    return seal(folder, Kind.CATALOG, {"roots": {"release": str(sounds)}})


def make_experiment(text: str = "") -> Experiment:
    return read_experiment(
        "name: small\n"
        "training: {epochs: 3, batch_size: 12, threads: 1}\n"
        # There are pictures and no recordings, so nothing can be tried.
        "evaluation: {minimum_windows: 2, resamples: 20, gates: [{metric: map, at_least: 0.01}],\n"
        "  trials: {windows: 0}, behaviour: {false_positives: null}}\n"
        "optimize: {variants: [fp32, inc_static, ort_static], calibration_windows: 16, map_loss: 1, slice_loss: 1}\n"
        + text
    )
