"""What a person at a terminal sees; elsewhere the same as plain lines."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import (
    Progress as Bar,
)
from rich.table import Table

from silencio.handover import Handover
from silencio.progress import Progress, Tell, log_line


@contextmanager
def bar(title: str) -> Iterator[Tell]:
    """A progress bar on a terminal, on which nothing appears if the work turns out to be done already."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield log_line
        return
    columns = (
        TextColumn(f"[bold]{title:9}"),
        BarColumn(30),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console) as bars:
        task = None

        def tell(progress: Progress) -> None:
            nonlocal task
            if task is None:
                task = bars.add_task(progress.what, total=progress.of)
            bars.update(task, completed=progress.done, total=progress.of, description=progress.what)

        yield tell


def show(handover: Handover) -> None:
    """Where it lies, and its facts in short."""
    table(
        [handover.kind.noun, str(handover.folder)],
        [[k, _short(v)] for k, v in handover.facts.items() if k != "inputs"],
    )


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


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)[:100]
