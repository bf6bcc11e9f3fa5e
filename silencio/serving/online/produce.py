"""The producer: minutes as unattended recorders would deliver them, one file after the other.

    minutes = Minutes.of(experiment.data, workspace, seed=1, calls=2)
    produce(minutes, workspace / "online_input", count=10, every=60)

The same seed and number make the same minute, byte by byte; killed and started again, it goes on after the last.
"""

import csv
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl

from silencio.audio import Unreadable, load
from silencio.audio.decode import Samples
from silencio.data import readers
from silencio.data.ingest.release import release_folder
from silencio.data.reserve.chance import chance
from silencio.data.reserve.mix import add, without_clipping
from silencio.data.reserve.ogg import encode
from silencio.data.reserve.voice import RATE
from silencio.errors import WrongUse
from silencio.settings import Data
from silencio.workspace import Workspace

log = logging.getLogger(__name__)

SECONDS = 60
SNR_DB = (3.0, 18.0)
"""How much louder than the soundscape, in its own band, a call is that is laid over it; drawn."""
LONGEST_CALL = 8.0
"""Seconds; a long recording of a species is cut."""
FADE_SECONDS = 0.05
TRIES = 20
"""Files that cannot be read before it gives up: then it is no accident."""


@dataclass(frozen=True)
class Call:
    """Who is heard from when to when, in seconds into a minute, and whether the call was laid over."""

    species: str
    start: float
    end: float
    laid_over: bool


@dataclass(frozen=True)
class Minutes:
    soundscapes: tuple[Path, ...]
    labelled: dict[Path, tuple[Call, ...]]
    """Who is known to call in a soundscape by itself."""
    clips: tuple[tuple[str, Path], ...]
    """(species, recording)"""
    seed: int
    calls: int
    """Laid over each minute."""

    @classmethod
    def of(cls, data: Data, workspace: Workspace, seed: int, calls: int) -> Self:
        """Soundscapes are whatever is not labelled as a whole; raises if there are none, or no clips to lay over."""
        root = release_folder(data, workspace)
        delivery = readers.read(data.model_copy(update={"unlabelled": True}), root)
        rows = delivery.recordings.filter(pl.col("path").is_not_null())
        scenes = sorted(root / path for path in rows.filter(pl.col("labelled") != "whole")["path"])
        whole = rows.filter(pl.col("labelled") == "whole", pl.col("primary_label").is_not_null())
        clips = sorted(
            (code, root / path) for code, path in whole.select("primary_label", "path").iter_rows()
        )
        if not scenes:
            raise WrongUse(
                f"{root} holds no soundscapes to make a stream from.",
                "Take an experiment whose data have some: demo, or source soundscapes or birdclef2025.",
            )
        if calls and not clips:
            raise WrongUse(
                f"{root} holds no recordings of known species to lay over soundscapes.", "Set --calls to 0."
            )
        known: dict[Path, tuple[Call, ...]] = {}
        named = delivery.annotations.select("recording", "label", "start", "end").drop_nulls().sort(pl.all())
        for path, label, start, end in named.iter_rows():
            known[root / path] = (*known.get(root / path, ()), Call(label, start, end, laid_over=False))
        return cls(tuple(scenes), known, tuple(clips), seed, calls)

    def minute(self, number: int) -> tuple[Samples, list[Call]]:
        """[samples] at RATE, and who is known to call in it."""
        rng = chance(self.seed, "minute", number)
        ground, calls = self._ground(rng)
        scene = ground.copy()
        for start in np.sort(rng.uniform(0, SECONDS - LONGEST_CALL, self.calls)):
            species, call = self._call(rng)
            begin = round(float(start) * RATE)
            add(scene, ground, call, begin, float(rng.uniform(*SNR_DB)))
            calls.append(Call(species, begin / RATE, (begin + len(call)) / RATE, laid_over=True))
        return without_clipping(scene, 0.95), sorted(calls, key=lambda call: (call.start, call.species))

    def _ground(self, rng: np.random.Generator) -> tuple[Samples, list[Call]]:
        """A minute from as many soundscapes as it takes: those of a data set may be shorter."""
        pieces: list[Samples] = []
        calls: list[Call] = []
        filled = 0
        while filled < SECONDS * RATE:
            path, samples = _readable(self.soundscapes, rng)
            # Where a soundscape is longer, the minute begins anywhere in it.
            begin = int(rng.integers(max(1, len(samples) - SECONDS * RATE + 1))) if not pieces else 0
            piece = samples[begin : begin + SECONDS * RATE - filled]
            offset, last = (filled - begin) / RATE, (filled + len(piece)) / RATE
            calls += [
                Call(
                    c.species,
                    max(c.start + offset, filled / RATE),
                    min(c.end + offset, last),
                    laid_over=False,
                )
                for c in self.labelled.get(path, ())
                if c.start + offset < last and c.end + offset > filled / RATE
            ]
            pieces.append(piece)
            filled += len(piece)
        return np.concatenate(pieces), calls

    def _call(self, rng: np.random.Generator) -> tuple[str, Samples]:
        by_path = {path: code for code, path in self.clips}
        path, samples = _readable(tuple(by_path), rng)
        call = samples[: round(LONGEST_CALL * RATE)].copy()
        fade = np.minimum(1, np.arange(len(call), dtype=np.float32) / (FADE_SECONDS * RATE))
        return by_path[path], call * fade * fade[::-1]


def produce(
    minutes: Minutes,
    folder: Path,
    truth: Path,
    count: int | None,
    every: float,
    wrote: Callable[[Path], None] = lambda path: None,
) -> None:
    """`count` files, or until it is stopped, one `every` so many seconds. Who calls in each is written into `truth`,
    outside the folder that is watched."""
    begun, number = time.monotonic(), _next_number(folder, truth, minutes.seed)
    turn = 0
    while count is None or turn < count:
        name = f"online-{minutes.seed}-{number + turn:06d}"
        samples, calls = minutes.minute(number + turn)
        _write_truth(truth / f"{name}.csv", calls)
        _place(encode(samples), folder / f"{name}.ogg")
        wrote(folder / f"{name}.ogg")
        turn += 1
        if count is None or turn < count:
            # By the clock, not by the last file: what making one takes does not slow the stream.
            time.sleep(max(0.0, begun + turn * every - time.monotonic()))


def _readable(files: tuple[Path, ...], rng: np.random.Generator) -> tuple[Path, Samples]:
    """One of the files, drawn; those that cannot be read are passed over."""
    for _ in range(TRIES):
        path = files[int(rng.integers(len(files)))]
        try:
            samples = load(path, RATE)
        except (Unreadable, OSError) as error:
            log.warning("%s is passed over: %s", path, error)
            continue
        if samples.any():
            return path, samples
    raise WrongUse(
        f"None of {TRIES} recordings that were drawn can be read, the last {path}.",
        "Check that the data are whole.",
    )


def _next_number(folder: Path, truth: Path, seed: int) -> int:
    """After the last one of this seed, whether it still waits or not."""
    pattern = re.compile(rf"online-{seed}-(\d{{6,}})\.(?:ogg|csv)")
    names = [path.name for place in (folder, truth) for path in place.iterdir()]
    return 1 + max((int(found[1]) for name in names if (found := pattern.fullmatch(name))), default=0)


def _write_truth(path: Path, calls: list[Call]) -> None:
    with path.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("species", "start", "end", "laid_over"))
        table.writerows((c.species, f"{c.start:.3f}", f"{c.end:.3f}", int(c.laid_over)) for c in calls)


def _place(content: bytes, path: Path) -> None:
    """Whole or not at all: who watches the folder never sees half a file under its name."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    partial.replace(path)
