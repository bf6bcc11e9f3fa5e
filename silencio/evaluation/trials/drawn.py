"""Which test windows are tried, and how they sound: spread over species first, then over recordings."""

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from silencio.audio import load
from silencio.audio.decode import Samples
from silencio.data.catalog import Catalog
from silencio.data.reserve.chance import chance
from silencio.data.windows.index import AUDIBLE_SECONDS
from silencio.errors import SilencioError
from silencio.evaluation.truth import Truth
from silencio.identity import digest_of_file
from silencio.settings import FrontEnd

AROUND = 0.5
"""Seconds on each side: as far as a window is ever moved."""

CRUMB = 0.001
"""Seconds: by no more does a recording's length depend on the rate that it is brought to."""

Calls = tuple[tuple[float, float, str], ...] | None


@dataclass(frozen=True)
class Drawn:
    """A test window in which something calls."""

    window: int
    """Its row in the truth."""
    recording: str
    start: float
    """Seconds into the recording."""
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Sounding:
    """How a drawn window sounds, and what is around it."""

    drawn: Drawn
    around: Samples
    """The window, and AROUND seconds more on both sides where the recording has them; [samples] at the front end's
    rate."""
    first: int
    """Where in `around` the window begins, in samples."""
    calls: Calls
    """(start, end, label) of each call in the recording, in seconds; None: nobody says when they are."""
    front_end: FrontEnd

    @property
    def sound(self) -> Samples:
        """The window without its padding, [samples]."""
        return self.around[self.first : self.first + self.front_end.window_samples]

    def moved(self, seconds: float) -> tuple[Samples, tuple[str, ...]] | None:
        """As much sound from so much later on, or else earlier, and who calls in it; None: the recording is too short.

        Who calls may differ from who calls in the window itself, where labels say when.
        """
        rate, length = self.front_end.sample_rate, len(self.sound)
        for by in (round(seconds * rate), -round(seconds * rate)):
            first = self.first + by
            if first >= 0 and first + length <= len(self.around) + rate * CRUMB:
                start = self.drawn.start + by / rate
                return self.around[first : first + length], self.labels(start, start + length / rate)
        return None

    def labels(self, start: float, end: float) -> tuple[str, ...]:
        """Who calls from one second of the recording to another, as the index of windows has it."""
        if self.calls is None:
            return self.drawn.labels
        heard = {c for a, b, c in self.calls if min(b, end) - max(a, start) >= AUDIBLE_SECONDS}
        return tuple(sorted(heard))


def draw(truth: Truth, count: int, seed: int) -> list[Drawn]:
    """At most `count` windows with calls, in the truth's order. Species take turns, and each prefers a recording that
    fewest windows were drawn from."""
    rng = chance(seed, "trials", "windows")
    recordings = truth.facts["recording"].to_list()
    luck, taken, used = rng.permutation(len(recordings)), set[int](), Counter[str]()
    turns = [int(k) for k in rng.permutation(len(truth.labels)) if truth.targets[:, k].any()]
    left = {k: set(np.flatnonzero(truth.targets[:, k]).tolist()) for k in turns}
    while len(taken) < count and any(left.values()):
        for k in turns:
            left[k] -= taken
            if left[k] and len(taken) < count:
                row = min(left[k], key=lambda row: (used[recordings[row]], luck[row]))
                taken.add(row)
                used[recordings[row]] += 1
    starts = truth.facts["start"].to_list()
    return [Drawn(row, recordings[row], starts[row], _labels(truth, row)) for row in sorted(taken)]


def sounding(drawn: Sequence[Drawn], catalog: Catalog, front_end: FrontEnd) -> list[Sounding]:
    """Each window with its sound; recordings are decoded once, and no longer held than it takes."""
    of: dict[str, list[Drawn]] = {}
    for one in drawn:
        of.setdefault(one.recording, []).append(one)
    listed = catalog.recordings.filter(pl.col("id").is_in(list(of)))
    rows = {row["id"]: row for row in listed.to_dicts()}

    def hear(name: str) -> list[Sounding]:
        samples = _decode(catalog.path_of(rows[name]["uri"]), rows[name], front_end.sample_rate)
        calls = _calls(catalog, rows[name])
        return [_around(one, samples, calls, front_end) for one in of[name]]

    with ThreadPoolExecutor() as threads:
        heard = {s.drawn.window: s for several in threads.map(hear, of) for s in several}
    return [heard[one.window] for one in drawn]


def _around(one: Drawn, samples: Samples, calls: Calls, front_end: FrontEnd) -> Sounding:
    start, margin = round(one.start * front_end.sample_rate), round(AROUND * front_end.sample_rate)
    first = max(0, start - margin)
    # A copy: else the whole recording would stay in memory.
    around = samples[first : start + front_end.window_samples + margin].copy()
    return Sounding(one, around, start - first, calls, front_end)


def _decode(path: Path, row: Mapping[str, Any], rate: int) -> Samples:
    if not path.is_file() or digest_of_file(path) != row["digest"]:
        raise SilencioError(
            f"{row['uri']} is not the file that the catalog lists: look at {path}.",
            "It was when the catalog was made: put it back, or ingest the data again.",
        )
    return load(path, rate)


def _calls(catalog: Catalog, row: Mapping[str, Any]) -> Calls:
    if row["labelled"] != "timed":
        return None
    owned = catalog.annotations.filter(pl.col("recording") == row["id"])
    # Of what calls nobody knows when, it is taken to call all the time, as the index of windows does.
    always = ((-inf, inf, label) for label in row["secondary_labels"])
    return (*owned.select("start", "end", "label").rows(), *always)


def _labels(truth: Truth, row: int) -> tuple[str, ...]:
    return tuple(sorted(truth.labels[k] for k in np.flatnonzero(truth.targets[row])))
