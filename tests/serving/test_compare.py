from math import isnan
from pathlib import Path

import pytest

from silencio.audio import Features, windows_of
from silencio.errors import SilencioError
from silencio.optimize.bundle import Bundle
from silencio.serving.compare import ALONE, GPUS, HERE, clip_for, compare
from silencio.serving.process import free_port
from tests.bundles import make_bundle


def test_each_bundle_is_measured_in_each_way_that_is_here_and_the_others_are_named(
    bundle: Bundle, tmp_path: Path
) -> None:
    other = make_bundle(tmp_path / "other", facts={"architecture": "other"})
    costs = compare([bundle, other])
    assert len({cost.bundle for cost in costs}) == 2
    for cost in costs:
        measured = [cost.p50_ms, cost.p95_ms, cost.clips_per_second, cost.core_seconds]
        if cost.left_out:
            assert cost.way in GPUS
            assert all(map(isnan, measured))
        else:
            assert min(measured) > 0
            assert cost.p50_ms <= cost.p95_ms
    for name in {cost.bundle for cost in costs}:
        assert {cost.way for cost in costs if cost.bundle == name} == {ALONE, HERE, *GPUS}


def test_money_is_what_a_machine_costs_while_it_hears_a_million_clips(bundle: Bundle) -> None:
    cost = next(cost for cost in compare([bundle]) if cost.way == HERE)
    hours = 1e6 / cost.clips_per_second / 3600
    assert cost.money(0.25) == pytest.approx(0.25 * hours)


def test_the_clip_is_one_whole_window(bundle: Bundle) -> None:
    heard = windows_of(clip_for(bundle), Features(bundle.front_end))
    assert len(heard.starts) == 1
    assert heard.seconds == bundle.front_end.window_seconds


def test_a_triton_that_is_named_and_away_is_an_error_and_no_gap_in_the_table(bundle: Bundle) -> None:
    with pytest.raises(SilencioError, match="does not answer"):
        compare([bundle], f"http://127.0.0.1:{free_port()}")
