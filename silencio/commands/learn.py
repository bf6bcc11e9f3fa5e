"""`silencio train`, `evaluate`, `optimize`: each brings what comes before up to date."""

from pathlib import Path
from typing import Annotated

import typer

from silencio.commands.up_to import up_to
from silencio.commands.words import Changes, Experiment, Here, Workspace, house_at


def train(experiment: Experiment = "demo", workspace: Workspace = Here, changes: Changes = None) -> None:
    """Train; killed and started again, it goes on.

    Example: silencio train demo
    """
    from silencio.commands.trained import where_it_lies
    from silencio.terminal import sheet

    house = house_at(experiment, workspace, changes)
    sheet(where_it_lies(up_to("checkpoint", house), house))


def evaluate(
    experiment: Experiment = "demo",
    workspace: Workspace = Here,
    changes: Changes = None,
    summary: Annotated[
        Path | None, typer.Option(help="A file that the report in short, in Markdown, is appended to.")
    ] = None,
) -> None:
    """Judge the checkpoint, slice by slice, against the champion.

    Example: silencio evaluate demo
    """
    from silencio.terminal import show

    report = up_to("report", house_at(experiment, workspace, changes))
    show(report)
    print(report / "report.html")
    if summary:
        with summary.open("a") as stream:
            stream.write((report / "report.md").read_text())
    if report.facts["decision"] != "pass":
        raise typer.Exit(1)


def optimize(experiment: Experiment = "demo", workspace: Workspace = Here, changes: Changes = None) -> None:
    """Export, quantize, choose the cheapest that passes.

    Example: silencio optimize demo
    """
    from silencio.terminal import show

    show(up_to("bundle", house_at(experiment, workspace, changes)))
