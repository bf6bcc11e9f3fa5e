"""Progress: told as a line, read back from a log."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silencio.progress import Progress, counting, log_line, seldom

PROGRESSES = st.builds(
    Progress,
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.text(st.characters(exclude_characters="\n")),
)


@given(PROGRESSES, st.sampled_from(["", " ", "\t  "]), st.sampled_from(["", "\n"]))
def test_a_line_is_read_back_as_the_progress_it_tells(progress: Progress, indent: str, end: str) -> None:
    assert Progress.read(indent + progress.line() + end) == progress


@pytest.mark.parametrize(
    "line",
    ["", "progress", "progress 1/2", "progress 1 of 2 epochs", "progress -1/2 epochs", "INFO progress 1/2 x"],
)
def test_a_line_that_tells_of_something_else_is_no_progress(line: str) -> None:
    assert Progress.read(line) is None


def test_work_that_counts_tells_what_it_counts() -> None:
    told: list[Progress] = []

    count = counting(told.append, "recordings heard")
    count(1, 2)
    count(2, 2)

    assert told == [Progress(1, 2, "recordings heard"), Progress(2, 2, "recordings heard")]


def test_a_step_in_a_pod_tells_a_line_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    log_line(Progress(3, 12, "epochs, loss 0.412"))

    assert capsys.readouterr().out == "progress 3/12 epochs, loss 0.412\n"


def test_progress_is_told_seldom_and_its_end_always() -> None:
    told: list[Progress] = []

    tell = seldom(told.append, seconds=60)
    for done in range(1, 101):
        tell(Progress(done, 100, "epochs"))

    assert told == [Progress(100, 100, "epochs")]


def test_with_no_patience_all_is_told() -> None:
    told: list[Progress] = []

    tell = seldom(told.append, seconds=0)
    for done in range(1, 4):
        tell(Progress(done, 3, "epochs"))

    assert len(told) == 3
