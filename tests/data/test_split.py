"""Groups are dealt out whole, all of them, about by the shares, and the same way each time."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silencio.data.split import deal, deal_groups
from silencio.settings import Data

WEIGHTS = st.dictionaries(st.text(min_size=1), st.integers(1, 200), max_size=40)
SHARES = st.fixed_dictionaries(
    {"train": st.integers(1, 10), "validation": st.integers(1, 10), "test": st.integers(1, 10)}
).map(lambda parts: {part: share / sum(parts.values()) for part, share in parts.items()})
SEEDS = st.integers(0, 1000)


@given(WEIGHTS, SHARES, SEEDS)
def test_each_group_is_dealt_once_and_to_one_part(
    weights: dict[str, int], shares: dict[str, float], seed: int
) -> None:
    dealt = deal_groups(weights, shares, seed)

    assert dealt.keys() == weights.keys()
    assert set(dealt.values()) <= shares.keys()


@given(WEIGHTS, SHARES, SEEDS)
def test_no_part_holds_more_than_its_share_and_one_group(
    weights: dict[str, int], shares: dict[str, float], seed: int
) -> None:
    dealt = deal_groups(weights, shares, seed)

    held = Counter(dict.fromkeys(shares, 0))
    for group, part in dealt.items():
        held[part] += weights[group]
    largest = max(weights.values(), default=0)
    for part, share in shares.items():
        assert held[part] <= share * sum(weights.values()) + largest


@given(WEIGHTS, SHARES, SEEDS, st.randoms())
def test_the_order_in_which_groups_come_means_nothing(
    weights: dict[str, int], shares: dict[str, float], seed: int, random: object
) -> None:
    backwards = dict(reversed(weights.items()))

    assert deal_groups(backwards, shares, seed) == deal_groups(weights, shares, seed)


def test_the_seed_decides_between_equals() -> None:
    weights = {f"recordist {n}": 10 for n in range(12)}
    shares = {"train": 0.5, "test": 0.5}

    assert len({tuple(sorted(deal_groups(weights, shares, seed).items())) for seed in range(5)}) > 1


def test_recordists_are_dealt_by_the_shares_of_the_settings() -> None:
    clips = {f"recordist {n}": 10 for n in range(20)}

    parts = Counter(deal(clips, {}, Data(validation=0.15, test=0.2), seed=7).values())

    assert parts == {"train": 13, "validation": 3, "test": 4}


@pytest.mark.parametrize("seed", range(5))
def test_a_share_of_nothing_gets_nothing(seed: int) -> None:
    dealt = deal({"one": 5, "two": 3}, {}, Data(validation=0, test=0), seed)

    assert set(dealt.values()) == {"train"}


@given(st.integers(2, 20), SEEDS)
def test_sites_are_there_to_judge_on_and_never_to_train_on(count: int, seed: int) -> None:
    dealt = deal({}, {f"site {n}": 6 for n in range(count)}, Data(), seed)

    parts = Counter(dealt.values())
    assert parts.keys() == {"validation", "test"}
    assert abs(parts["validation"] - parts["test"]) <= 1
