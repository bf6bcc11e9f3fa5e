"""What is to be said of a recording: what the engine heard, seen through the caller's wish.

found = Findings.of("dawn-17", heard, Wish(min_confidence=0.3))
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from silencio.data.species import Species
from silencio.serving.engine.heard import Heard
from silencio.serving.prior import Spot, odds_there, weighted
from silencio.serving.wish import Wish


@dataclass(frozen=True)
class Detection:
    """One species over one window, or over several in a row."""

    species: Species
    start: float
    """In seconds, as is `end`."""
    end: float
    confidence: float


@dataclass(frozen=True)
class Findings:
    name: str
    """The recording's."""
    heard: Heard
    wish: Wish
    classes: NDArray[np.intp]
    """Which of the model's classes are spoken of, [species]"""
    raw: NDArray[np.float32]
    """The model's probabilities, [windows, species]"""
    probabilities: NDArray[np.float32]
    """Weighted by place and date where that was asked for and can be, else the raw ones, [windows, species]"""
    prior: str
    """Whether they are, and why not."""

    @classmethod
    def of(cls, name: str, heard: Heard, wish: Wish = Wish()) -> Self:
        codes = [s.code for s in heard.served.bundle.species]
        wanted = [codes.index(code) for code in wish.species] or range(len(codes))
        classes = np.array(wanted, dtype=np.intp)
        raw = heard.probabilities[:, classes]
        odds, prior = _odds(heard, wish)
        probabilities = raw if odds is None else weighted(raw, odds[classes])
        return cls(name, heard, wish, classes, raw, probabilities, prior)

    @property
    def is_weighted(self) -> bool:
        return self.prior == APPLIED

    @cached_property
    def species(self) -> tuple[Species, ...]:
        return tuple(self.heard.served.bundle.species[number] for number in self.classes)

    @cached_property
    def ends(self) -> NDArray[np.float64]:
        """Seconds into the recording, [windows]; the last window's silence is none of it."""
        length = self.heard.served.bundle.front_end.window_seconds
        return np.minimum(self.heard.starts + length, self.heard.seconds)

    @cached_property
    def over(self) -> NDArray[np.bool_]:
        """Who counts as heard, [windows, species]"""
        thresholds = self.heard.served.bundle.thresholds[self.classes]
        least = thresholds if self.wish.min_confidence is None else np.float32(self.wish.min_confidence)
        return np.asarray(self.probabilities >= least)

    @cached_property
    def present(self) -> list[int]:
        """The columns of the species that count as heard, the surest first; `top_k` of them."""
        surest = np.argsort(-self.probabilities.max(axis=0), kind="stable")
        return [int(column) for column in surest if self.over[:, column].any()][: self.wish.top_k]

    def detections(self, merge: bool = False) -> list[Detection]:
        """By time. `merge`: windows in a row are one, as sure as its surest."""
        found = [
            Detection(
                self.species[column],
                float(self.heard.starts[first]),
                float(self.ends[last]),
                float(self.probabilities[first : last + 1, column].max()),
            )
            for column in self.present
            for first, last in _runs(np.flatnonzero(self.over[:, column]), merge)
        ]
        return sorted(found, key=lambda one: (one.start, -one.confidence, one.species.code))


APPLIED = "The probabilities are weighted by where and when these species were recorded."


def _odds(heard: Heard, wish: Wish) -> tuple[NDArray[np.float64] | None, str]:
    spot, sightings = Spot(wish.latitude, wish.longitude, wish.at), heard.served.bundle.sightings
    if not spot.told:
        return None, "No place and no date were told."
    if sightings is None:
        return None, "The model's recordings tell neither place nor date."
    return odds_there(sightings, len(heard.served.bundle.species), spot), APPLIED


def _runs(windows: NDArray[np.intp], merge: bool) -> list[tuple[int, int]]:
    """First and last of each run of consecutive numbers; each by itself if they are not to be merged."""
    if not merge:
        return [(int(one), int(one)) for one in windows]
    runs = np.split(windows, np.flatnonzero(np.diff(windows) > 1) + 1)
    return [(int(run[0]), int(run[-1])) for run in runs if len(run)]
