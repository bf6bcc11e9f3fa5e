"""Thresholds are set on groups that chose no epoch; whoever trains or is tested is whoever it was before."""

import logging
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silencio.data.split.assign import assign
from silencio.data.split.dealing import Unit
from silencio.data.split.set_apart import set_apart
from silencio.settings import Split
from tests.data.rows import crowd, row, site, table

SIZES = st.lists(st.integers(1, 9), min_size=1, max_size=12)


def units(sizes: list[int], kind: str = "P") -> list[Unit]:
    return [Unit(f"{kind}{n}", size, {"frog": size}) for n, size in enumerate(sizes)]


@settings(max_examples=20, deadline=None)
@given(sizes=st.lists(st.integers(1, 6), min_size=6, max_size=14), sites=st.integers(0, 4))
def test_train_and_test_stay_as_they_were_dealt(sizes: list[int], sites: int) -> None:
    rows = [row(f"{p}-{n}", "frog", f"P{p}") for p, size in enumerate(sizes) for n in range(size)]
    rows += [site(f"s{n}", f"S{n}") for n in range(sites)]
    whole = assign(table(rows), Split(thresholds=0), seed=1)

    divided = assign(table(rows), Split(), seed=1)

    again = divided.with_columns(part=pl.col("part").replace("thresholds", "validation"))
    assert again.equals(whole)


@given(SIZES, st.floats(0, 0.99), st.integers(0, 9))
def test_somebody_still_chooses_the_epoch_and_the_order_means_nothing(
    sizes: list[int], share: float, seed: int
) -> None:
    parts = set_apart(units(sizes), (), share, seed)

    assert set(parts) == {unit.name for unit in units(sizes)}
    assert "validation" in parts.values()
    assert parts == set_apart(units(sizes)[::-1], (), share, seed)
    if share == 0:
        assert set(parts.values()) == {"validation"}


def test_about_the_share_is_set_apart_and_species_are_dealt_alike() -> None:
    rows = crowd(40, 6, ["frog", "bird"])

    dealt = assign(table(rows), Split(validation=0.4), seed=1)

    counts = dict(dealt.group_by("part", "primary_label").len().select("part", "len").iter_rows())
    assert counts["validation"] == counts["thresholds"] == 24


def test_of_sites_some_are_set_apart_and_no_clip_is() -> None:
    sites = units([4, 4, 4, 4], "S")

    parts = set_apart([*units([5, 5]), *sites], {unit.name for unit in sites}, 0.5, seed=1)

    assert [parts[unit.name] for unit in units([5, 5])] == ["validation", "validation"]
    assert sorted(parts[unit.name] for unit in sites) == ["thresholds"] * 2 + ["validation"] * 2


def test_one_site_sets_the_thresholds_where_others_can_choose_the_epoch() -> None:
    assert set_apart([*units([5]), *units([4], "S")], {"S0"}, 0.5, seed=1) == {
        "P0": "validation",
        "S0": "thresholds",
    }


def test_one_group_alone_chooses_the_epoch_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        parts = set_apart(units([5]), (), 0.5, seed=1)

    assert parts == {"P0": "validation"}
    assert "thresholds are set on the validation part" in caplog.text


@pytest.mark.parametrize("split", [Split(validation=0, test=0.2), Split(thresholds=0)])
def test_where_nobody_validates_or_nothing_is_asked_there_is_no_such_part(split: Split) -> None:
    dealt: Any = assign(table(crowd(12, 5)), split, seed=1)

    assert "thresholds" not in set(dealt["part"])
