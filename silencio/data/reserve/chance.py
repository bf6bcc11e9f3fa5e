"""Where every draw comes from: a generator for each thing, so that no draw depends on another."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np

GOLDEN = 0.6180339887498949

T = TypeVar("T")


def chance(seed: int, *thing: str | int) -> np.random.Generator:
    """The generator of one thing, such as `chance(1, "soundscape", 3)`; any integer is a seed."""
    name = repr((seed, *thing)).encode()
    return np.random.default_rng(int.from_bytes(hashlib.sha256(name).digest()))


def between(rng: np.random.Generator, bounds: tuple[float, float]) -> float:
    """Log-uniform: pitches, durations and distances differ by ratios."""
    low, high = bounds
    return float(low * (high / low) ** rng.random())


def spread(rng: np.random.Generator, rank: int) -> float:
    """A point in [0, 1) for each rank; those of the first ranks, however many, lie far apart."""
    return float((rng.random() + rank * GOLDEN) % 1)


def some(count: int, share: float, rng: np.random.Generator) -> list[bool]:
    """A share of `count`, anywhere among them: as near as whole numbers come to it."""
    return [bool(chosen) for chosen in rng.permutation(count) + rng.random() < share * count]


def deal(cards: Sequence[T], rng: np.random.Generator) -> Iterator[T]:
    """Every card once in some order, and then again in another, without end."""
    while cards:
        for place in rng.permutation(len(cards)):
            yield cards[place]
