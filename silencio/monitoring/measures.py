"""What of a recording is watched: its colour, how what calls stands out, how sure the model was, and which
species it named."""

from collections.abc import Sequence

import numpy as np

from silencio.monitoring.heard import Observed
from silencio.monitoring.normal import Floats, Sample
from silencio.monitoring.spectrum import colour

MOST_SPECIES = 6
"""The most frequent ones; the others count together: each more asks for more days to know what is usual."""
CERTAIN = 1e-3
"""How far from 0 and from 1 a probability still tells anything: logits end there."""
ANOTHER = "another species"


def of_input(observed: Sequence[Observed]) -> list[Sample]:
    """dB by which each band is louder than all, [bands]"""
    return [Sample(o.recorder, o.at, colour(o.heights.quiet)) for o in observed if o.heights is not None]


def of_calls(observed: Sequence[Observed]) -> list[Sample]:
    """In which bands the loudest moments stand out most, [narrow bands], of length 1; by the surest species.

    How high they stand tells how near the animal is, which is no drift.
    """
    heard = [(o, o.heights) for o in observed if o.heights is not None and o.surest is not None]
    return [Sample(o.surest, o.at, _of_length_1(heights.calls)) for o, heights in heard]


def of_confidence(observed: Sequence[Observed]) -> list[Sample]:
    """The log odds of the surest species, [1]"""
    known = [(o, o.confidence) for o in observed if o.confidence is not None]
    return [Sample(o.recorder, o.at, np.array([log_odds(confidence)])) for o, confidence in known]


def of_labels(observed: Sequence[Observed], species: Sequence[str]) -> list[Sample]:
    """1 for each of these species that was over its threshold, and for any other, [species + 1]"""
    return [Sample(o.recorder, o.at, _named(o, species)) for o in observed if o.confidences is not None]


def log_odds(confidence: float) -> float:
    p = min(max(confidence, CERTAIN), 1 - CERTAIN)
    return float(np.log(p / (1 - p)))


def _of_length_1(calls: Floats) -> Floats:
    length = float(np.linalg.norm(calls))
    return calls / length if length else calls


def _named(observed: Observed, species: Sequence[str]) -> Floats:
    others = observed.over.difference(species)
    return np.array([*(code in observed.over for code in species), bool(others)], float)
