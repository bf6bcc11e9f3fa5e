"""A run as a person follows it."""

import io
from contextlib import redirect_stdout

import pytest

from pipelines.links import Link
from pipelines.screen import following, named, summary
from pipelines.step import State, Step
from silencio.progress import Progress

LINKS = [Link("report", "/data/report.html"), Link("MLflow", "mlflow ui")]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


def steps() -> list[Step]:
    return [
        Step("ingest", State.CACHED, result="32 recordings"),
        Step("features", State.FOUND, seconds=0.3, result="149 windows"),
        Step("retrain", State.DONE, seconds=31.2, result="4 epochs"),
        Step("retrain", State.RUNNING, progress=Progress(2, 4, "epochs")),
    ]


def test_on_no_terminal_each_step_is_a_line_when_it_begins_and_when_it_ends(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with following("training") as follow:
        begun = [Step("ingest", State.RUNNING)]
        follow(begun)
        follow(begun)
        follow([Step("ingest", State.DONE, seconds=3, result="32 recordings")])
    assert capsys.readouterr().out.splitlines() == [
        "training",
        "  ▸ ingest             …",
        "  ✓ ingest                    3 s  32 recordings",
    ]


def test_a_terminal_shows_how_each_step_came_to_be_done(terminal: Terminal) -> None:
    with redirect_stdout(terminal), following("training") as follow:
        follow(steps())
    shown = terminal.getvalue()
    for word in ("cached", "found done", "31 s", "149 windows", "retrain 1", "retrain 2", "2/4 epochs"):
        assert word in shown


def test_steps_of_one_name_are_told_apart_by_a_number() -> None:
    assert named(steps()) == ["ingest", "features", "retrain 1", "retrain 2"]


def test_in_the_end_it_says_how_much_was_done_and_how_much_was_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    summary(steps(), LINKS)
    assert capsys.readouterr().out.splitlines() == [
        "",
        "2 of 4 steps ran (31 s), 1 found done, 1 cached.",
        "report\t/data/report.html",
        "MLflow\tmlflow ui",
    ]


def test_on_a_terminal_what_can_be_opened_is_a_link(terminal: Terminal) -> None:
    with redirect_stdout(terminal):
        summary(steps(), LINKS)
    shown = terminal.getvalue()
    assert "file:///data/report.html" in shown
    assert shown.count("\x1b]8;id=") == 1, "a command is none"


def test_a_run_that_did_not_begin_has_no_summary(capsys: pytest.CaptureFixture[str]) -> None:
    summary([], LINKS)
    assert capsys.readouterr().out == ""
