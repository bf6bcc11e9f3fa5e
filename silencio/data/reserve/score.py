"""Who calls when, before anybody records it: known without a second of background being composed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from silencio.data.reserve.microphone import Microphone
from silencio.data.reserve.mix import add
from silencio.data.reserve.path import hear
from silencio.data.reserve.species import Species
from silencio.data.reserve.voice import RATE, Samples, Singer, individual

TICK = 0.01
"""Seconds: how finely overlaps are counted."""


@dataclass(frozen=True, eq=False)
class Call:
    species: Species
    start: int
    """The sample of the recording that it starts at."""
    samples: Samples
    """As the animal utters it, its loudest sample at ±1."""
    metres: float
    snr_db: float


@dataclass(frozen=True)
class Bout:
    """A call that is there, from `start` to `end`, in seconds."""

    start: float
    end: float
    species: str
    snr_db: float


def singer(species: Species, drift: float, at: datetime, rng: np.random.Generator) -> Singer:
    """One of a species, in the dialect of its year."""
    dialect = species.dialect
    return individual(species.repertoire, dialect.semitones(drift, at), dialect.slowness(drift, at), rng)


def bouts(calls: Iterable[Call], samples: int) -> list[Bout]:
    """What is to be heard of the calls in so many samples, in order of time."""
    heard = [
        Bout(
            start=round(call.start / RATE, 3),
            end=round(min(call.start + len(call.samples), samples) / RATE, 3),
            species=call.species.code,
            snr_db=call.snr_db,
        )
        for call in calls
    ]
    return sorted(heard, key=lambda bout: (bout.start, bout.species))


def overlap(heard: Sequence[Bout], species: str | None = None) -> float:
    """The share of a species' calling time, or else of all calling time, in which another species calls too."""
    if not heard:
        return 0.0
    ticks = round(max(bout.end for bout in heard) / TICK) + 1
    calling = {bout.species: np.zeros(ticks, bool) for bout in heard}
    for bout in heard:
        calling[bout.species][round(bout.start / TICK) : round(bout.end / TICK)] = True
    callers = np.sum(list(calling.values()), axis=0)
    ours = callers > 0 if species is None else calling[species]
    return round(float(np.mean(callers[ours] > 1)), 3)


def perform(
    calls: Iterable[Call], noise: Samples, microphone: Microphone, rng: np.random.Generator
) -> Samples:
    """[samples] of the calls over a background, each as it arrives and at its SNR."""
    scene = noise.copy()
    for call in calls:
        add(scene, noise, hear(call.samples, call.metres, microphone, rng), call.start, call.snr_db)
    return scene
