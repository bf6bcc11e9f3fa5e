"""What is heard now: recordings as monitoring sees them, whoever kept them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Bands = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Heights:
    """How high each band stands in one recording, see `silencio.monitoring.spectrum`."""

    quiet: Bands
    """Where nobody calls, dB, [bands]"""
    calls: Bands
    """By how much the loudest moments exceed that, dB, [narrow bands]"""


@dataclass(frozen=True, eq=False)
class Observed:
    """One recording, and what the model said of it."""

    at: datetime
    """When it was recorded, by the clock of the place; where nobody says, when it was heard."""
    recorder: str | None = None
    """Which microphone, as near as anybody knows: a site, a recordist, a phone; None: nobody knows."""
    heights: Heights | None = None
    """None: not known."""
    confidences: Mapping[str, float] | None = None
    """Of each species the highest probability over the windows, by code; those that are missing are 0. None: the
    model was not asked."""
    over: frozenset[str] = frozenset()
    """The species over their thresholds."""
    right: bool | None = None
    """What a guide said of the answer; None: nobody judged it."""

    @property
    def day(self) -> date:
        return self.at.date()

    @property
    def surest(self) -> str | None:
        """The species that the model is surest of."""
        return max(self.confidences, key=self.confidences.__getitem__) if self.confidences else None

    @property
    def confidence(self) -> float | None:
        """Of the surest species."""
        return None if self.confidences is None else max(self.confidences.values(), default=0.0)


class Heard(Protocol):
    """Whatever keeps what was heard: the service's log, a folder of recordings."""

    def since(self, moment: datetime) -> Iterable[Observed]:
        """All that was recorded at this moment or later, in any order."""
        ...


@dataclass(frozen=True)
class Remembered:
    """What was heard, from memory."""

    observed: tuple[Observed, ...] = ()

    def since(self, moment: datetime) -> Iterable[Observed]:
        return (one for one in self.observed if one.at >= moment)
