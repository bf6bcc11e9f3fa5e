"""What moves while work goes on, on a terminal and elsewhere. The terminal is a real one: a pseudo-terminal."""

import os
import pty
import re
import subprocess
import sys
import textwrap
from pathlib import Path

SLOW = """
    import logging, sys, time
    from silencio.logs import set_up
    from silencio.progress import Progress
    from silencio.terminal import bar

    set_up(verbose=False, as_json="json" in sys.argv)
    with bar("ingest") as tell:
        for done in range(1, 25):
            tell(Progress(done, 24, "recordings composed"))
            time.sleep(0.06)
        logging.getLogger("silencio.data").warning("one is missing")
"""
QUICK = SLOW.replace("0.06", "0")


def on_a_terminal(program: str, *arguments: str) -> str:
    """What a program draws, as the terminal receives it."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), *arguments],
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    ) as process:
        os.close(theirs)
        drawn = b""
        while True:
            try:
                drawn += os.read(ours, 65536)
            except OSError:  # what Linux says when the other end has closed
                break
    os.close(ours)
    assert process.returncode == 0
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", drawn.decode())


def off_a_terminal(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), *arguments],
        capture_output=True,
        text=True,
        check=True,
    )


def test_on_a_terminal_long_work_draws_a_bar_that_counts() -> None:
    drawn = on_a_terminal(SLOW)

    assert "ingest" in drawn
    assert "24/24 recordings composed" in drawn


def test_a_warning_stands_on_a_line_of_its_own_beside_the_bar() -> None:
    lines = [line.strip() for line in re.split(r"[\r\n]+", on_a_terminal(SLOW))]

    assert "WARNING  one is missing" in lines


def test_on_a_terminal_work_that_is_done_in_no_time_draws_nothing() -> None:
    assert "recordings composed" not in on_a_terminal(QUICK)


def test_off_a_terminal_the_end_of_the_work_is_a_line_on_standard_error() -> None:
    done = off_a_terminal(SLOW)

    assert "INFO silencio.terminal: ingest: 24 of 24 recordings composed\n" in done.stderr
    assert "1 of 24" not in done.stderr, "a line each would drown what matters"
    assert done.stdout == ""


def test_whoever_asked_for_json_gets_nothing_else_not_even_on_a_terminal() -> None:
    lines = [line for line in on_a_terminal(SLOW, "json").splitlines() if line.strip()]

    assert lines
    assert all(line.startswith('{"at": ') for line in lines)


def test_a_table_off_a_terminal_is_easy_to_cut(tmp_path: Path) -> None:
    program = 'from silencio.terminal import table; table(["a", "b"], [["1", "2"]])'

    assert off_a_terminal(program).stdout == "a\tb\n1\t2\n"


SHEET = """
    from silencio.terminal import sheet

    sheet([("run", "http://mlflow:5000/#/experiments/1/runs/" + 80 * "0"), ("curves", "[a] picture.png")])
"""


def test_where_a_thing_lies_is_one_line_that_can_be_copied_also_on_a_narrow_terminal() -> None:
    lines = [line.rstrip() for line in on_a_terminal(SHEET).splitlines()]

    assert lines == ["run     http://mlflow:5000/#/experiments/1/runs/" + 80 * "0", "curves  [a] picture.png"]


def test_where_a_thing_lies_is_easy_to_cut_off_a_terminal() -> None:
    assert off_a_terminal(SHEET).stdout.splitlines()[1] == "curves\t[a] picture.png"
