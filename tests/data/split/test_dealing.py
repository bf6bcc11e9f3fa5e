"""Units are dealt whole, what is fixed stays, and what can be taught is taught."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silencio.data.split.dealing import Unit, deal

SHARES = {"train": 0.7, "validation": 0.1, "test": 0.2}
UNITS = st.lists(
    st.tuples(st.integers(1, 20), st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 9), max_size=4)),
    max_size=30,
).map(lambda units: [Unit(f"u{n}", size, amounts) for n, (size, amounts) in enumerate(units)])


@settings(deadline=None)
@given(units=UNITS, seed=st.integers(0, 99), random=st.randoms(use_true_random=False))
def test_every_unit_is_dealt_once_whatever_their_order(units: list[Unit], seed: int, random: Random) -> None:
    dealt = deal(units, SHARES, seed, taught="train")

    assert dealt.keys() == {unit.name for unit in units}
    assert set(dealt.values()) <= SHARES.keys()
    assert deal(random.sample(units, len(units)), SHARES, seed, taught="train") == dealt


@settings(deadline=None)
@given(units=UNITS, seed=st.integers(0, 99))
def test_every_species_is_taught(units: list[Unit], seed: int) -> None:
    dealt = deal(units, SHARES, seed, taught="train")

    taught = {species for unit in units if dealt[unit.name] == "train" for species in unit.amounts}
    assert taught == {species for unit in units for species in unit.amounts}


@settings(deadline=None)
@given(units=UNITS, seed=st.integers(0, 99), data=st.data())
def test_what_is_fixed_stays_where_it_is(units: list[Unit], seed: int, data: st.DataObject) -> None:
    names = st.sampled_from([unit.name for unit in units] or ["nobody"])
    chosen = data.draw(st.dictionaries(names, st.sampled_from(sorted(SHARES)), max_size=4))
    fixed = chosen if units else {}

    dealt = deal(units, SHARES, seed, taught="train", fixed=fixed)

    assert {name: dealt[name] for name in fixed} == fixed


@pytest.mark.parametrize("seed", range(5))
def test_no_part_stays_empty_while_there_are_units_enough(seed: int) -> None:
    dealt = deal([Unit(f"u{n}", size) for n, size in enumerate((1000, 1, 1))], SHARES, seed)

    assert set(dealt.values()) == SHARES.keys()


def test_voices_in_the_background_are_dealt_evenly_too() -> None:
    units = [Unit(f"u{n}", 10, {"frog": 10} | ({"owl": 3.0} if n % 5 == 0 else {})) for n in range(50)]

    dealt = deal(units, SHARES, seed=1)

    owls = [dealt[unit.name] for unit in units if "owl" in unit.amounts]
    assert {part: owls.count(part) for part in SHARES} == {"train": 7, "validation": 1, "test": 2}
