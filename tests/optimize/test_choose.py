"""Which variant is the cheapest, and how it is said; nothing here needs a model."""

from dataclasses import replace
from math import isfinite, nan
from pathlib import Path
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from silencio.evaluation.gates import GateResult
from silencio.optimize.choose import ALIKE, because, cheapest_first
from silencio.optimize.pareto import pareto_svg
from silencio.optimize.recipes import RECIPES
from silencio.optimize.rows import LOST, Outcome, Table, VariantRow, cells

FULL = VariantRow("fp32", "onnxruntime", "fp32", Outcome.NOT_ASKED, "", 9.3, 3.0, 3.4, 300.0, 40.0, 0.77)


def lost(slice: str, value: float, bar: float) -> GateResult:
    return GateResult.at_most(LOST, slice, value, bar)


SMALL = replace(
    FULL,
    variant="inc_static",
    precision="int8",
    size_mb=2.5,
    windows_per_second=570.0,
    latency_ms=1.6,
    map=0.766,
    gates=(lost("overall", 0.004, 0.005), lost("insects", 0.01, 0.02)),
)
WORSE = replace(
    SMALL,
    variant="openvino_int8",
    engine="openvino",
    windows_per_second=900.0,
    outcome=Outcome.REFUSED,
    gates=(lost("overall", 0.004, 0.005), lost("insects", 0.031, 0.02)),
)


def order(*rows: VariantRow) -> list[str]:
    return [row.variant for row in cheapest_first(rows)]


def test_what_answers_most_windows_a_second_is_cheapest() -> None:
    assert order(FULL, SMALL, WORSE) == ["openvino_int8", "inc_static", "fp32"]


def test_among_those_that_are_as_fast_as_each_other_the_smallest_is() -> None:
    larger = replace(SMALL, variant="inc_static_qdq", size_mb=2.8, windows_per_second=580.0)
    assert order(larger, SMALL) == ["inc_static", "inc_static_qdq"]


speeds = st.lists(st.tuples(st.floats(1, 1e4), st.floats(0.1, 100)), min_size=1, max_size=len(RECIPES))


@given(speeds)
def test_nobody_waits_behind_one_that_is_clearly_slower(given: list[tuple[float, float]]) -> None:
    rows = [
        replace(FULL, variant=name, windows_per_second=speed, size_mb=size)
        for name, (speed, size) in zip(RECIPES, given, strict=False)
    ]
    ordered = list(cheapest_first(rows))
    assert sorted(row.variant for row in ordered) == sorted(row.variant for row in rows)
    for number, row in enumerate(ordered):
        assert all(
            row.windows_per_second >= (1 - ALIKE) * later.windows_per_second for later in ordered[number:]
        )


def test_why_it_was_chosen_is_said_in_one_sentence() -> None:
    assert because(SMALL, [WORSE], FULL) == (
        "inc_static: 1.9 × as fast as fp32, 2.5 MB, mAP 0.766 (−0.004), passes all 2 gates; "
        "openvino_int8 would be cheaper, but loses 0.031 mAP on insects."
    )


def test_keeping_full_precision_is_said_too() -> None:
    full = replace(FULL, gates=(GateResult.at_most("size in MB", "overall", 9.3, 25.0),))
    assert because(full, [WORSE], full) == (
        "fp32: 9.3 MB, mAP 0.770, passes all 1 gates; nothing cheaper does; "
        "openvino_int8 would be cheaper, but loses 0.031 mAP on insects."
    )


ABSENT = VariantRow("cuda", "onnxruntime, CUDA", "fp32", Outcome.LEFT_OUT, "There is no <GPU> here.")
ROWS = (FULL, replace(SMALL, outcome=Outcome.CHOSEN), WORSE, ABSENT)


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    table = Table(ROWS, "It is fast.", {"processor": "a processor", "cores": 2})
    table.write(tmp_path)
    read = Table.read(tmp_path)
    assert repr(read) == repr(table)  # NaN is not equal to itself
    assert read.chosen.variant == "inc_static"


def test_a_row_knows_what_it_loses_and_where_most() -> None:
    assert (SMALL.map_loss, SMALL.worst_loss) == (0.004, ("Insects", 0.01))
    name, value = FULL.worst_loss
    assert (name, isfinite(value), isfinite(FULL.map_loss)) == ("", False, False)
    assert "map_loss" not in FULL.figures()


def test_what_was_not_measured_is_empty_in_the_table() -> None:
    heads, rows = cells(ROWS)
    absent = dict(zip(heads, rows[-1], strict=True))
    assert (absent["MB"], absent["mAP"]) == ("", "")
    assert (absent["outcome"], absent["why"]) == ("left out", "There is no <GPU> here.")


def test_the_picture_has_a_dot_for_each_that_was_measured_hollow_where_it_is_refused() -> None:
    picture = ElementTree.fromstring(pareto_svg(ROWS))
    space = "{http://www.w3.org/2000/svg}"
    dots = {
        group.findtext(f"{space}text"): group.find(f"{space}circle").get("class")  # type: ignore[union-attr]
        for group in picture.iter(f"{space}g")
    }
    assert dots == {"fp32": "passes", "inc_static": "chosen", "openvino_int8": "hollow"}


def test_faster_lies_left_better_lies_high_and_larger_is_a_larger_dot() -> None:
    picture = ElementTree.fromstring(pareto_svg(ROWS))
    space = "{http://www.w3.org/2000/svg}"
    full, small, _ = (group.find(f"{space}circle") for group in picture.iter(f"{space}g"))
    assert full is not None
    assert small is not None
    assert float(small.get("cx", nan)) < float(full.get("cx", nan))
    assert float(small.get("cy", nan)) > float(full.get("cy", nan))
    assert float(small.get("r", nan)) < float(full.get("r", nan))


@given(st.lists(st.tuples(st.floats(0.5, 50), st.floats(0, 1)), min_size=2, max_size=len(RECIPES)))
def test_no_name_is_written_over_another(places: list[tuple[float, float]]) -> None:
    rows = [
        replace(FULL, variant=name, latency_ms=latency, map=heard)
        for name, (latency, heard) in zip(RECIPES, places, strict=False)
    ]
    groups = ElementTree.fromstring(pareto_svg(rows)).iter("{http://www.w3.org/2000/svg}g")
    names = [group.find("{http://www.w3.org/2000/svg}text") for group in groups]
    boxes = [(float(n.get("x")), float(n.get("y")), 3.4 * len(n.text)) for n in names]  # type: ignore
    for number, (x, y, half) in enumerate(boxes):
        assert all(abs(y - b) > 12 or abs(x - a) >= half + h for a, b, h in boxes[number + 1 :])


def test_nothing_measured_gives_no_picture() -> None:
    assert pareto_svg([ABSENT]) == ""
