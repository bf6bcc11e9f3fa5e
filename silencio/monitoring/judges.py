"""How strange a block of recordings is: one judge a test."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Protocol

from scipy.special import betainc, betaincinv

from silencio.monitoring import measures
from silencio.monitoring.heard import Observed
from silencio.monitoring.normal import Normal, Sample, counts, days_vary
from silencio.monitoring.reference import Reference

ALL = "all"
FEWEST_OF_A_SPECIES = 4
"""Of recordings in a block, that a species is judged by itself: a forest has many species, and few of each."""
TOGETHER = 0.05
"""How alike it is what guides say of recordings of one day."""
SURE = 0.9
"""How surely the share of wrong answers where the model was judged lies below what is taken for it."""


class Aspect(StrEnum):
    INPUT = "input"
    CALLS = "calls"
    CONFIDENCE = "confidence"
    LABELS = "labels"
    FEEDBACK = "feedback"


@dataclass(frozen=True)
class Strange:
    p: float
    """How often a block that did not drift is as strange, whatever it is strange for."""
    whose: str
    """The recorder or species that is strangest, or all of them."""
    recordings: int
    """Of it."""
    moved: tuple[float, ...]
    """By how much: dB of each band, share of a call in each, log odds of the confidence, share of each species,
    or share of wrong answers."""


class Judge(Protocol):
    def sees(self, observed: Observed) -> bool:
        """Whether the recording tells this judge anything."""
        ...

    def judge(self, block: Sequence[Observed]) -> Strange:
        """A block of recordings all of which it sees, one at least."""
        ...


Measure = Callable[[Sequence[Observed]], list[Sample]]


@dataclass(frozen=True)
class OfMeasure:
    usual: Normal
    measure: Measure
    of_each_from: int | None = None
    """A recorder, or a species, with so many recordings in a block is also judged by itself; None: none is."""

    def sees(self, observed: Observed) -> bool:
        return bool(self.measure([observed]))

    def judge(self, block: Sequence[Observed]) -> Strange:
        samples = self.measure(block)
        groups = {ALL: samples} | self._each(samples)
        found = {whose: self.usual.surprise(group) for whose, group in groups.items()}
        whose = min(found, key=lambda name: found[name].p)
        strangest = found[whose]
        # Whoever asks for the strangest of several finds one more often.
        p = min(1.0, strangest.p * len(found))
        return Strange(p, whose, strangest.recordings, tuple(strangest.moved.tolist()))

    def _each(self, samples: Sequence[Sample]) -> dict[str, list[Sample]]:
        if self.of_each_from is None:
            return {}
        of: dict[str, list[Sample]] = {}
        for sample in samples:
            if sample.whose is not None:
                of.setdefault(sample.whose, []).append(sample)
        enough = {name: some for name, some in of.items() if len(some) >= self.of_each_from}
        # The only one is all of them.
        return enough if len(of) > 1 else {}


@dataclass(frozen=True)
class OfFeedback:
    """One-sided: guides who find less to correct are no reason to train."""

    wrong: int
    judged: int
    margin: float

    def sees(self, observed: Observed) -> bool:
        return observed.right is not None

    def judge(self, block: Sequence[Observed]) -> Strange:
        share = sum(o.right is False for o in block) / len(block)
        # So many independent words the block is worth.
        worth = 1 / days_vary(counts(o.day for o in block), TOGETHER)
        wrong = int(share * worth)
        p = float(betainc(wrong, worth - wrong + 1, self.expected)) if wrong else 1.0
        return Strange(p, ALL, len(block), (share - self.expected,))

    @property
    def expected(self) -> float:
        """The largest share of wrong answers that is none too many."""
        at_most = float(betaincinv(self.wrong + 1, max(self.judged - self.wrong, 1), SURE))
        return min(at_most + self.margin, 1.0)


def judges(reference: Reference, fewest: int, margin: float) -> dict[Aspect, Judge | None]:
    """None: the reference holds too little for that test."""
    named = partial(measures.of_labels, species=reference.species)
    return {
        Aspect.INPUT: OfMeasure(reference.input, measures.of_input, fewest) if reference.input else None,
        Aspect.CALLS: OfMeasure(reference.calls, measures.of_calls, FEWEST_OF_A_SPECIES)
        if reference.calls
        else None,
        Aspect.CONFIDENCE: OfMeasure(reference.confidence, measures.of_confidence)
        if reference.confidence
        else None,
        Aspect.LABELS: OfMeasure(reference.labels, named) if reference.labels else None,
        Aspect.FEEDBACK: OfFeedback(reference.wrong, reference.judged, margin) if reference.judged else None,
    }
