import pytest

from silencio.commands.watch import seconds
from silencio.errors import WrongUse


@pytest.mark.parametrize(("text", "expected"), [("90s", 90), ("10m", 600), ("6h", 21_600), ("0.5d", 43_200)])
def test_a_pause_is_a_number_and_a_unit(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "10", "ten minutes", "0m", "-5m"])
def test_any_other_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(WrongUse, match="--every 10m"):
        seconds(text)
