"""Find recordings that sound the same, among many, by their fingerprints.

    near_duplicates({"release/a.ogg": fingerprint(samples, rate), …})

Not every pair is compared. Words of two recordings meet where some of their bits are equal, in one of several
choices of bits, as they are by chance once in four million; where two meet, their neighbours are compared, and where
these agree, everything that the two recordings have in common at that place is.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silencio.audio.fingerprint import Print
from silencio.data.catalog import DUPLICATES

ALIKE = 0.5
"""Similarity from which on two recordings are near-duplicates. Measured on field recordings, ESC-10 and the
reserve: copies that were resampled, trimmed or re-encoded (but by MP3 at its poorest) come to 0.6 and more,
different recordings, at whatever shift they are most similar, to 0.42 at most. The line lies higher, for a wrong pair
ties two recordists together."""
LITTLE = 2.4
"""By chance, few words agree more than many do: similarity has to reach this over the square root of their number."""
FEWEST = 12
"""Words that say something, or two recordings are not compared: 0.8 s."""

TABLES = 16
KEY_BITS = 22
"""Bits that are equal where words meet. With 15 million words, 250 hours, a word meets 4 others by chance."""
CROWD = 256
"""So many of the words that meet are compared with each: where more do, it is silence or a hum, not a copy."""
NEIGHBOURS = (6, -6, 9, -9, 3, -3)
GAP = max(NEIGHBOURS)
NEAR = 10.0
"""Bits, of 32, that neighbours differ by on average, at most; by chance it is 16, give or take 1.2."""
HOPEFUL = 13.0
"""Bits that the first of them may differ by, for the others to be asked."""


def near_duplicates(prints: Mapping[str, Print]) -> pl.DataFrame:
    """Pairs of recordings that sound the same, as DUPLICATES: `recording` comes before `other` by name.

    `similarity` is 0 for what chance gives, and 1 for equal prints. Of many with equal prints, each is paired with
    the first of them alone. The order in which prints come means nothing.
    """
    firsts, equals = _equal_prints(prints)
    words = _Words.of([prints[name] for name in firsts])
    best: dict[tuple[int, int], float] = {}
    for one, other, shift in _candidates(words):
        similarity = similar(*words.in_common(one, other, shift))
        best[one, other] = max(similarity, best.get((one, other), 0.0))
    found = [(firsts[a], firsts[b], s) for (a, b), s in best.items() if s > 0]
    return pl.DataFrame([*found, *equals], schema=DUPLICATES, orient="row").sort("recording", "other")


def similar(one: Print, other: Print) -> float:
    """How much more the words agree, place by place, than those of two strangers would: 0 if it is too little.

    This is Cohen's kappa over all bits: bits that are nearly always the same, as of bands that a low rate cannot
    hold, agree by chance and count for nothing.
    """
    told = (one != 0) & (other != 0)
    count = int(told.sum())
    if count < FEWEST:
        return 0.0
    left, right = _bits(one[told]), _bits(other[told])
    agreed = (left == right).mean(axis=0)
    p, q = left.mean(axis=0), right.mean(axis=0)
    expected = p * q + (1 - p) * (1 - q)
    if not (room := float((1 - expected).sum())):
        return 0.0
    kappa = float((agreed - expected).sum()) / room
    return kappa if kappa >= max(ALIKE, LITTLE / np.sqrt(count)) else 0.0


def _bits(words: Print) -> NDArray[np.bool_]:
    """[words] → [words, 32]"""
    bits: NDArray[np.bool_] = (words[:, None] >> np.arange(32, dtype=np.uint32)) & 1 == 1
    return bits


def _equal_prints(prints: Mapping[str, Print]) -> tuple[list[str], list[tuple[str, str, float]]]:
    """The first of each kind of print by name, and all others paired with theirs; empty prints tell nothing."""
    alike: defaultdict[bytes, list[str]] = defaultdict(list)
    for name in sorted(prints):
        if prints[name].any():
            alike[prints[name].tobytes()].append(name)
    equals = [(first, other, 1.0) for first, *others in alike.values() for other in others]
    return [names[0] for names in alike.values()], equals


@dataclass(frozen=True)
class _Words:
    """All prints in one row, each between GAP words that say nothing: a neighbour beyond a print's end is one."""

    words: Print
    owner: NDArray[np.int32]
    """The number of the recording that each word is of, [words]; of the gap after it, too."""
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    """The places of each recording's first word, and of the one after its last, [recordings]."""

    @classmethod
    def of(cls, prints: Sequence[Print]) -> Self:
        lengths = np.array([len(p) for p in prints], np.int64)
        starts = GAP + np.cumsum(lengths + GAP) - (lengths + GAP)
        words = np.zeros(GAP + int((lengths + GAP).sum()), np.uint32)
        for start, one in zip(starts, prints, strict=True):
            words[start : start + len(one)] = one
        owner = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths + GAP)
        return cls(words, np.concatenate([np.zeros(GAP, np.int32), owner]), starts, starts + lengths)

    def in_common(self, one: int, other: int, shift: int) -> tuple[Print, Print]:
        """The words of two recordings at the same moments, `other` lying `shift` places later."""
        start = max(self.starts[one], self.starts[other] - shift)
        end = min(self.ends[one], self.ends[other] - shift)
        return self.words[start:end], self.words[start + shift : end + shift]


def _candidates(words: _Words) -> Iterator[tuple[int, int, int]]:
    """(recording, other, shift between their places in the row) that agree around some place, each once."""
    seen = np.empty((0, 3), np.int64)
    for bits in _choices():
        met = np.concatenate([np.empty((0, 3), np.int64), *_meetings(words, bits)])
        seen = np.unique(np.concatenate([seen, met]), axis=0)
    yield from ((one, other, shift) for one, other, shift in seen.tolist())


def _choices() -> Iterator[np.uint32]:
    """Masks of KEY_BITS bits each; the same ones always."""
    chance = np.random.default_rng(1)
    for _ in range(TABLES):
        chosen = chance.choice(32, KEY_BITS, replace=False).astype(np.uint32)
        yield np.bitwise_or.reduce(np.uint32(1) << chosen)


def _meetings(words: _Words, mask: np.uint32) -> Iterator[NDArray[np.int64]]:
    """Rows of (recording, other, shift) where words agree in the bits of the mask and so do their neighbours."""
    places = np.flatnonzero(words.words).astype(np.uint64)
    # Key and place in one number: sorted at once, and the same way each time.
    row = np.sort((words.words[places].astype(np.uint64) & np.uint64(mask)) << np.uint64(32) | places)
    keys, places = row >> np.uint64(32), row & np.uint64(0xFFFF_FFFF)
    for step in range(1, min(CROWD, len(keys))):
        meet = np.flatnonzero(keys[step:] == keys[:-step])
        if not len(meet):
            return
        one, other = places[meet].astype(np.int64), places[meet + step].astype(np.int64)
        strangers = words.owner[one] != words.owner[other]
        one, other = one[strangers], other[strangers]
        one, other = _with_near_neighbours(words.words, one, other)
        one, other = np.minimum(one, other), np.maximum(one, other)
        found = np.stack([words.owner[one], words.owner[other], other - one], axis=1).astype(np.int64)
        yield np.unique(found, axis=0)


def _with_near_neighbours(
    words: Print, one: NDArray[np.int64], other: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Those of the places around which words differ by few bits; neighbours that say nothing are not asked."""
    asked, differing = np.zeros(len(one), np.int64), np.zeros(len(one), np.int64)
    for step in NEIGHBOURS:
        a, b = words[one + step], words[other + step]
        says = (a != 0) & (b != 0)
        asked += says
        differing += np.where(says, np.bitwise_count(a ^ b), 0)
        # Most have met by chance, and the first neighbour tells.
        left = differing <= HOPEFUL * asked
        one, other, asked, differing = one[left], other[left], asked[left], differing[left]
    near = (asked >= 2) & (differing <= NEAR * asked)
    return one[near], other[near]
