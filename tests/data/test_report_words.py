"""How numbers are said on a page."""

import pytest

from silencio.data.report.words import rounded


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.5, "0.5"), (5.4321, "5.43"), (999.4, "999"), (999.99, "1,000"), (12345.6, "12,346"), (-3, "−3")],
)
def test_a_number_has_as_many_digits_as_a_reader_takes_in(value: float, said: str) -> None:
    assert rounded(value) == said
