"""A run as a person follows it: a table that fills on a terminal, a line a step elsewhere."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pipelines.links import Link
from pipelines.step import Follow, State, Step

MARKS = {
    State.RUNNING: ("▸", "cyan"),
    State.CACHED: ("≡", "dim"),
    State.FOUND: ("≡", "dim"),
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


def named(steps: Sequence[Step]) -> list[str]:
    """What each is called: with a number where the same step runs several times, as for each member of an ensemble."""
    names = [step.name for step in steps]
    return [
        f"{name} {names[: place + 1].count(name)}" if names.count(name) > 1 else name
        for place, name in enumerate(names)
    ]


def summary(steps: Sequence[Step], links: Sequence[Link]) -> None:
    """How much was done and how much was there, and where everything lies: links on a terminal that knows them."""
    if not steps:
        return
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    width = max(len(link.what) for link in links) if links else 0
    if not console.is_terminal:
        print(f"\n{_counted(steps)}")
        for link in links:
            print(f"{link.what}\t{link.target}")
        return
    console.print(f"\n[dim]{_counted(steps)}[/dim]")
    for link in links:
        style = f"link {link.address}" if link.address else ""
        console.print(Text.assemble((f"  {link.what:{width}}  ", "cyan"), (link.target, style)))


def _counted(steps: Sequence[Step]) -> str:
    """Such as: 2 steps ran (31 s), 1 was found done, 5 cached."""
    ran = [step for step in steps if step.state in (State.DONE, State.FAILED, State.RUNNING)]
    there = {state: sum(step.state is state for step in steps) for state in (State.FOUND, State.CACHED)}
    took = f" ({sum(step.seconds for step in ran):.0f} s)" if ran else ""
    parts = [f"{len(ran)} of {len(steps)} steps ran{took}"]
    return ", ".join([*parts, *(f"{count} {state}" for state, count in there.items() if count)]) + "."


class _Screen:
    def __init__(self, title: str) -> None:
        self._title, self._steps, self._began = title, list[Step](), time.monotonic()

    def follow(self, steps: list[Step]) -> None:
        self._steps = list(steps)

    def draw(self) -> Group:
        table = Table(box=None, padding=(0, 1), header_style="dim")
        for column in ("", "step", "time", "what came out"):
            table.add_column(column, justify="right" if column == "time" else "left", overflow="fold")
        for step, name in zip(self._steps, named(self._steps), strict=True):
            mark, style = MARKS[step.state]
            table.add_row(Text(mark, style), Text(name, no_wrap=True), Text(_time(step), "dim"), _said(step))
        took = f"  {time.monotonic() - self._began:.0f} s"
        return Group(Text.assemble((self._title, "bold"), (took, "dim")), table)


def _said(step: Step) -> Table | Text:
    if step.state is not State.RUNNING or not step.progress:
        return Text(step.result, "dim" if step.state in (State.CACHED, State.FOUND) else "")
    progress = step.progress
    line = Table.grid(padding=(0, 1))
    line.add_row(
        ProgressBar(progress.of, progress.done, width=24), f"{progress.done}/{progress.of} {progress.what}"
    )
    return line


def _time(step: Step) -> str:
    if step.state in (State.CACHED, State.FOUND):
        return step.state.value
    return f"{step.seconds or time.monotonic() - step.began:.0f} s"


class _Lines:
    """For logs: each step when it begins and when it ended."""

    def __init__(self, title: str) -> None:
        self._out, self._said = sys.stdout, dict[int, State]()
        self._say(title)

    def follow(self, steps: list[Step]) -> None:
        for number, (step, name) in enumerate(zip(steps, named(steps), strict=True)):
            if self._said.get(number) is step.state:
                continue
            self._said[number] = step.state
            self._say(f"  {MARKS[step.state][0]} {name:18} {self._how(step)}")

    def _how(self, step: Step) -> str:
        return "…" if step.state is State.RUNNING else f"{_time(step):>10}  {step.result}".rstrip()

    def _say(self, line: str) -> None:
        # Written at once: others write there, too, and unbuffered a line and its end are two.
        print(f"{line}\n", end="", file=self._out, flush=True)
