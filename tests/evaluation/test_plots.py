"""How plots are laid out."""

from hypothesis import given
from hypothesis import strategies as st

from silencio.evaluation.page.plots import axis_around


@given(st.lists(st.floats(-1e5, 1e5), min_size=1, max_size=6))
def test_an_axis_holds_its_values_between_few_round_steps(values: list[float]) -> None:
    axis = axis_around(values)
    slack = 1e-6 * axis.step
    assert axis.low <= min(*values, 0.0) + slack
    assert axis.high >= max(*values, 0.0) - slack
    assert 2 <= len(axis.ticks) <= 8
