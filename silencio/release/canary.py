"""Whether a canary may go on: errors, latency and agreement, on real requests through the gateway."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from silencio.evaluation.gates import GateResult, Verdict, decision
from silencio.optimize.bundle import Bundle
from silencio.release.router import TRACK_HEADER, Track
from silencio.serving import load
from silencio.serving.contract import skew
from silencio.settings import Release

USERS = 4
"""Who ask at the same time."""
SETTLED_SECONDS = 1.0
"""Behind its first answers a service starts the process that keeps what it hears."""
MAX_SLOWDOWN = 2.0
"""Of the 95th percentile, against the baseline's in the same minute."""
DEVIATIONS = 1.96
"""A 95 % interval."""


@dataclass(frozen=True)
class CanaryAnalysis:
    results: tuple[GateResult, ...]
    verdict: Verdict
    notes: tuple[str, ...]
    """What could not be asked, and why; it is no verdict."""


def analyse(
    gateway_address: str,
    baseline: Track | None,
    recordings: list[Path],
    bundle: Bundle,
    settings: Release,
) -> CanaryAnalysis:
    """Send a few requests, then `settings.requests`, to the canary, which is to serve `bundle`, and to the baseline.

    They take turns, so that a busy machine hurts both alike. Without a baseline the canary is held against
    absolute bars only. Nothing to send, or nothing answered: inconclusive, or a failure.
    """
    tracks = [Track.CANARY] if baseline is None else [Track.CANARY, baseline]
    calls = [
        load.Call(recordings[i % len(recordings)], {TRACK_HEADER: track})
        for i in range(settings.requests if recordings else 0)
        for track in tracks
    ]
    # The first of each user are answered by a process that is hours younger than the baseline's: how fast does not
    # count, whether does.
    first = load.identify_all(gateway_address, calls[: USERS * len(tracks)], USERS)
    time.sleep(SETTLED_SECONDS)
    replies = load.identify_all(gateway_address, calls, USERS)
    asked_first, canary = (
        [r for r in some if r.call.headers[TRACK_HEADER] == Track.CANARY] for some in (first, replies)
    )
    results = [
        _errors([*asked_first, *canary], settings.max_error_rate),
        GateResult.at_most("p95 ms", Track.CANARY, load.p95(canary), settings.max_p95_ms),
        _right_bundle(canary, bundle),
        skew(bundle, canary, Track.CANARY),
    ]
    notes = []
    if baseline is None:
        notes.append("There is no champion to compare speed and answers with yet.")
    else:
        champion = [r for r in replies if r.call.headers[TRACK_HEADER] == baseline]
        slowdown = load.p95(canary) / load.p95(champion)
        results.append(GateResult.at_most("p95 against champion", Track.CANARY, slowdown, MAX_SLOWDOWN))
        agreed = agreement(canary, champion)
        results.append(
            GateResult.at_least("agreement with champion", Track.CANARY, agreed, settings.min_agreement)
        )
    return CanaryAnalysis(tuple(results), decision(results), tuple(notes))


def agreement(canary: Sequence[load.Reply], champion: Sequence[load.Reply]) -> float:
    """Of the species that either hears in a recording, the share that both hear; the mean, 0 to 1.

    A recording in which neither hears anything says nothing; not a number if there is no other.
    """
    ours = {r.call.recording: _heard(r.answer) for r in canary if r.ok}
    theirs = {r.call.recording: _heard(r.answer) for r in champion if r.ok}
    pairs = [(ours[path], theirs[path]) for path in ours.keys() & theirs.keys()]
    shares = [len(a & b) / len(a | b) for a, b in pairs if a | b]
    return float(np.mean(shares)) if shares else nan


def _heard(answer: Mapping[str, Any]) -> set[str]:
    return {species["code"] for species in answer["species"]}


def _right_bundle(replies: Sequence[load.Reply], bundle: Bundle) -> GateResult:
    right = [r.answer["model"]["digest"] == bundle.digest for r in replies if r.ok]
    share = float(np.mean(right)) if right else nan
    return GateResult.at_least("answers by the bundle", Track.CANARY, share, 1.0)


def _errors(replies: Sequence[load.Reply], bar: float) -> GateResult:
    rate = load.error_rate(replies)
    low, high = wilson(rate, len(replies))
    return GateResult.at_most("error rate", Track.CANARY, rate, bar, low=low, high=high)


def wilson(rate: float, count: int) -> tuple[float, float]:
    """The interval of a share that was seen in `count` trials; it does not collapse when the share is 0."""
    if not count:
        return nan, nan
    square = DEVIATIONS**2 / count
    centre = (rate + square / 2) / (1 + square)
    margin = DEVIATIONS * sqrt(rate * (1 - rate) / count + square / (4 * count)) / (1 + square)
    return max(0.0, centre - margin), min(1.0, centre + margin)
