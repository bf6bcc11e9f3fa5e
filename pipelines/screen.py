"""A run as a person follows it: a table that fills on a terminal, a line a step elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pipelines.local import Follow, State, Step

MARKS = {
    State.RUNNING: ("▸", "cyan"),
    State.CACHED: ("≡", "dim"),
    State.DONE: ("✓", "green"),
    State.FAILED: ("✗", "red"),
}


@contextmanager
def following(title: str) -> Iterator[Follow]:
    # Bound now: a run redirects standard output.
    console = Console(file=sys.stdout)
    if not console.is_terminal:
        yield _Lines(title).follow
        return
    screen = _Screen(title)
    with Live(get_renderable=screen.draw, console=console, refresh_per_second=4, redirect_stdout=False):
        yield screen.follow


class _Screen:
    def __init__(self, title: str) -> None:
        self._title, self._steps = title, list[Step]()

    def follow(self, steps: list[Step]) -> None:
        self._steps = list(steps)

    def draw(self) -> Table:
        table = Table(title=self._title, title_justify="left", title_style="bold", box=None, padding=(0, 1))
        for step in self._steps:
            mark, style = MARKS[step.state]
            table.add_row(Text(mark, style), step.name, Text(_time(step), "dim"), _said(step))
        return table


def _said(step: Step) -> Table | Text:
    if step.state is not State.RUNNING or not step.progress:
        return Text(step.result, "dim" if step.state is State.CACHED else "")
    progress = step.progress
    line = Table.grid(padding=(0, 1))
    line.add_row(
        ProgressBar(progress.of, progress.done, width=24), f"{progress.done}/{progress.of} {progress.what}"
    )
    return line


def _time(step: Step) -> str:
    if step.state is State.CACHED:
        return "cached"
    return f"{step.seconds or time.monotonic() - step.began:.0f} s"


class _Lines:
    """For logs: each step when it begins and when it ended."""

    def __init__(self, title: str) -> None:
        self._out, self._said = sys.stdout, dict[int, State]()
        self._say(title)

    def follow(self, steps: list[Step]) -> None:
        for number, step in enumerate(steps):
            if self._said.get(number) is step.state:
                continue
            self._said[number] = step.state
            self._say(f"  {MARKS[step.state][0]} {step.name:18} {self._how(step)}")

    def _how(self, step: Step) -> str:
        return "…" if step.state is State.RUNNING else f"{_time(step):>7}  {step.result}".rstrip()

    def _say(self, line: str) -> None:
        print(line, file=self._out, flush=True)
