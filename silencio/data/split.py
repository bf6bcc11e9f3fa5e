"""Deal groups out to train, validation and test, so that no recordist and no site is in two of them."""

import random
from collections import Counter
from collections.abc import Mapping

from silencio.settings import Data


def deal_groups(weights: Mapping[str, int], shares: Mapping[str, float], seed: int) -> dict[str, str]:
    """The part of each group, so that each part holds about its share of the weight (recordings, say).

    Each group, the largest first, goes to the part that lacks most; the seed decides between equals.
    """
    order = sorted(weights)
    random.Random(seed).shuffle(order)
    order.sort(key=lambda group: -weights[group])
    total = sum(weights.values())
    held: Counter[str] = Counter()
    dealt = {}
    for group in order:
        part = max(shares, key=lambda p: shares[p] * total - held[p])
        dealt[group] = part
        held[part] += weights[group]
    return dealt


def deal(clips: Mapping[str, int], sites: Mapping[str, int], data: Data, seed: int) -> dict[str, str]:
    """Recordists by the shares of the settings; sites, which are labelled in time, half and half to judge on."""
    shares = {"train": 1 - data.validation - data.test, "validation": data.validation, "test": data.test}
    return deal_groups(clips, {p: s for p, s in shares.items() if s}, seed) | deal_groups(
        sites, {"validation": 0.5, "test": 0.5}, seed
    )
