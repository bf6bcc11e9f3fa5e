"""What a person at a terminal sees; elsewhere the same as plain lines."""

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import (
    Progress as Bar,
)
from rich.table import Table

from silencio.handover import Handover
from silencio.logs import console, says_json
from silencio.progress import Progress, Tell, seldom

PATIENCE = 1.0
"""Seconds: what is done sooner, or was done before, draws nothing."""

log = logging.getLogger(__name__)


@contextmanager
def bar(title: str) -> Iterator[Tell]:
    """On a terminal something that moves while work goes on, a bar once it is told how far; else lines now and then."""
    said = seldom(
        lambda progress: log.log(level, "%s: %d of %d %s", title, progress.done, progress.of, progress.what)
    )
    if says_json() or not console().is_terminal:
        level = logging.INFO
        yield said
        return
    level = logging.DEBUG
    columns = (
        SpinnerColumn(),
        TextColumn(f"[bold]{title:9}"),
        BarColumn(30),
        TextColumn("{task.fields[count]} {task.description}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console()) as bars:
        task = bars.add_task("", total=None, visible=False, count="")
        shown = threading.Timer(PATIENCE, lambda: bars.update(task, visible=True))
        shown.daemon = True
        shown.start()

        def tell(progress: Progress) -> None:
            count = f"{progress.done}/{progress.of}"
            bars.update(
                task, completed=progress.done, total=progress.of, description=progress.what, count=count
            )
            said(progress)

        try:
            yield tell
        finally:
            shown.cancel()


def show(handover: Handover) -> None:
    """Where it lies, and its facts in short."""
    table(
        [handover.kind.noun, str(handover.folder)],
        [[name, _short(fact)] for name, fact in _rows(handover.facts) if name != "inputs"],
    )


def _rows(facts: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """A list of several things has a row for each."""
    for name, fact in facts.items():
        if isinstance(fact, list) and fact and all(isinstance(item, dict) for item in fact):
            for number, item in enumerate(fact, start=1):
                yield f"{name} {number}", ", ".join(f"{k} {_short(v)}" for k, v in item.items())
        else:
            yield name, fact


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """The first row of a plain table is its heading, columns are tab-separated: easy to cut and to grep."""
    console = Console()
    if not console.is_terminal:
        for row in [columns, *rows]:
            print("\t".join(row))
        return
    drawn = Table(*columns, header_style="bold")
    for row in rows:
        drawn.add_row(*row)
    console.print(drawn)


def sheet(rows: Sequence[tuple[str, str]]) -> None:
    """What a command came to, a line each: a word, and what is to be said of it, whole, so that it can be copied."""
    console = Console()
    width = max(len(word) for word, _ in rows)
    for word, said in rows:
        if console.is_terminal:
            console.print(f"[bold]{word:{width}}[/]  {escape(said)}", soft_wrap=True, highlight=False)
        else:
            print(f"{word}\t{said}")


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)[:100]
