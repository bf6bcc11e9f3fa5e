"""From probability to yes or no: a threshold a species, at the false-positive rate that guides bear.

A species that hardly calls where thresholds are set is one that a model hardly knows: it is given low probabilities
everywhere, and the rate alone would put its threshold among them, where what passes is noise. So the fewer its calls,
the more its threshold is drawn up to the mean of its class. It is never drawn down: that would let through more false
alarms than were promised, for the sake of calls that nobody has counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from silencio.errors import WrongUse
from silencio.evaluation.bootstrap import draw, estimate
from silencio.evaluation.truth import Scores, Truth

DEFAULT = 0.5
"""For a species that nothing is known about, where nothing is known about any other either."""
ENOUGH = 3
"""Species of a class that call where thresholds are set: fewer have no mean of their own, but that of all species."""
CERTAIN = 1e-6
"""How far from 0 and from 1 a probability still tells anything: logits end there."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Threshold:
    """The probability from which on a species counts as heard."""

    label: str
    value: float
    low: float = nan
    high: float = nan
    """The interval, over resampled recordings; NaN where there is none."""
    own: float = nan
    """What its own windows say, before it was drawn towards those of its class."""
    calls: int = 0
    """Windows in which it calls, where it was set."""
    expected_rate: float = nan
    """The share of windows without it that it lets through, where it was set; NaN where there are none."""


def by_label(thresholds: Iterable[Threshold]) -> dict[str, float]:
    return {threshold.label: threshold.value for threshold in thresholds}


def choose_thresholds(
    truth: Truth,
    scores: Scores,
    false_positive_rate: float,
    *,
    classes: Sequence[str] = (),
    shrink: float = 0.0,
    above: Scores | None = None,
    resamples: int = 0,
    seed: int = 0,
) -> tuple[Threshold, ...]:
    """scores: [windows, classes] of windows that nothing else is decided on -> the threshold of each label.

    A species' own is the smallest float32 for which "score >= threshold" is wrong in at most this share of the windows
    in which the species is absent. It lies above 1 where too many of those reach 1: such a species is never reported.
    Then, between logits, it is raised towards the mean of its class: with as many calls as `shrink`, half of the way.
    `classes` names the class of each label; without it all are of one. Equal seeds give equal intervals.
    No threshold is reached by any of `above`, [windows, classes]: what is said to silence, which goes for silence that
    was not asked about, too.
    """
    if scores.shape != truth.targets.shape:
        raise WrongUse(
            f"The scores are {scores.shape}, the truth is {truth.targets.shape} [windows, classes].",
            "Score the windows of this very truth, with its labels as columns.",
        )
    names, groups = np.unique(truth.facts["recording"].to_numpy().astype(str), return_inverse=True)
    # The first row takes every recording once: the threshold itself, found like its replicates.
    counts = np.vstack([np.ones((1, len(names)), np.float32), draw(len(names), resamples, seed)])
    calls = counts @ _calls_by_recording(truth.targets, groups, len(names))
    own = np.stack(
        [
            _own(scores[~heard, k], groups[~heard], counts, false_positive_rate)
            for k, heard in enumerate(truth.targets.T)
        ],
        axis=1,
    )
    values = _raised(own, calls, classes or [""] * len(truth.labels), shrink)
    if above is not None and len(above):
        values = np.maximum(values, _beyond(above))
    thresholds = []
    for k, label in enumerate(truth.labels):
        interval = estimate(values[0, k], values[1:, k])
        absent = scores[~truth.targets[:, k], k]
        thresholds.append(
            Threshold(
                label=label,
                value=float(values[0, k]),
                low=interval.low,
                high=interval.high,
                own=float(own[0, k]),
                calls=int(calls[0, k]),
                expected_rate=float((absent >= values[0, k]).mean()) if len(absent) else nan,
            )
        )
    return tuple(thresholds)


def _calls_by_recording(
    targets: NDArray[np.bool_], groups: NDArray[np.intp], recordings: int
) -> NDArray[np.float32]:
    """[windows, classes] -> [recordings, classes]"""
    calls = np.zeros((recordings, targets.shape[1]), np.float32)
    np.add.at(calls, groups, targets.astype(np.float32))
    return calls


def _own(absent: Scores, groups: NDArray[np.intp], counts: NDArray[np.float32], rate: float) -> Floats:
    """absent, groups: [windows without the species]; counts: [resamples, recordings] -> [resamples].

    NaN where a resampling has no such window.
    """
    order = np.argsort(-absent, kind="stable")
    of_each = np.bincount(groups, minlength=counts.shape[1]).astype(np.float32)
    there = (counts @ of_each).astype(np.float64)
    # 0.07 * 100 is 7.000000000000001, and 0.29 * 100 is 28.999999999999996: the share means 29 of 100.
    allowed = np.floor(rate * there + 1e-9)
    values = np.zeros(len(counts))  # where all may be wrong
    values[there == 0] = np.nan
    waiting = np.flatnonzero(allowed < there)
    deep = 2 * int(rate * len(absent)) + 16
    while len(waiting):
        # Most resamplings find theirs among the highest few: all windows would be a hundred times the work.
        highest = order[:deep]
        reached = np.cumsum(counts[np.ix_(waiting, groups[highest])], axis=1)
        passed = reached > allowed[waiting, None]
        found = passed[:, -1]
        refused = absent[highest[passed.argmax(axis=1)]][found]
        values[waiting[found]] = np.nextafter(refused.astype(np.float32), np.float32(np.inf))
        waiting, deep = waiting[~found], 4 * deep
    return values


def _raised(own: Floats, calls: NDArray[np.float32], classes: Sequence[str], shrink: float) -> Floats:
    """own, calls: [resamples, classes] -> own or, drawn towards the mean of its class, more: float32 values."""
    trust = np.divide(calls, calls + shrink, out=np.ones(own.shape), where=calls + shrink > 0)
    trust[np.isnan(own)] = 0
    logits = np.clip(np.nan_to_num(own), CERTAIN, 1 - CERTAIN)
    logits = np.log(logits / (1 - logits))
    of_all = _mean(logits, trust)
    means = np.empty(own.shape)
    for name in set(classes):
        members = [k for k, of in enumerate(classes) if of == name]
        enough = np.count_nonzero(calls[0, members]) >= ENOUGH
        means[:, members] = _mean(logits[:, members], trust[:, members]) if enough else of_all
    drawn = 1 / (1 + np.exp(-(trust * logits + (1 - trust) * means)))
    upwards = (means > logits) & (trust < 1)
    raised = np.where(upwards, drawn.astype(np.float32).astype(np.float64), own)
    return np.where(np.isnan(raised), DEFAULT, raised)


def _beyond(silence: Scores) -> NDArray[np.float32]:
    """[windows, classes] -> [classes]: above the highest by as much as they differ, for the next silence is another."""
    said = np.clip(silence.astype(np.float64), CERTAIN, 1 - CERTAIN)
    logits = np.log(said / (1 - said))
    above = 1 / (1 + np.exp(-(logits.max(axis=0) + logits.std(axis=0))))
    highest: NDArray[np.float32] = np.maximum(above.astype(np.float32), silence.max(axis=0))
    return np.nextafter(highest, np.float32(np.inf))


def _mean(logits: Floats, trust: Floats) -> Floats:
    """[resamples, classes] twice -> [resamples, 1]; NaN where nothing is to be trusted."""
    total: Floats = trust.sum(axis=1, keepdims=True)
    mean: Floats = np.full_like(total, np.nan)
    np.divide((trust * logits).sum(axis=1, keepdims=True), total, out=mean, where=total > 0)
    return mean
