"""`silencio train`, `retrain`, `evaluate`, `optimize`: each brings what comes before up to date."""

from pathlib import Path
from typing import Annotated

import typer

from silencio.commands.up_to import catalog_and_windows, up_to
from silencio.commands.words import Changes, Experiment, Here, Workspace, house_at


def train(experiment: Experiment = "demo", workspace: Workspace = Here, changes: Changes = None) -> None:
    """Train; killed and started again, it goes on.

    Example: silencio train demo
    """
    from silencio.terminal import show

    show(up_to("checkpoint", house_at(experiment, workspace, changes)))


def retrain(experiment: Experiment = "demo", workspace: Workspace = Here, changes: Changes = None) -> None:
    """Train on from the champion, on what is newer with some of what is older; say what that gained and lost.

    Example: silencio retrain demo
    """
    from silencio.experiment import load_effective
    from silencio.steps.retrain import changes_to_retrain
    from silencio.steps.retrain import retrain as learn
    from silencio.terminal import bar, show, table

    asked = changes_to_retrain(load_effective(experiment, changes or ()).origins)
    house = house_at(experiment, workspace, [*(changes or ()), *asked])
    catalog, windows = catalog_and_windows(house)
    with bar("retrain") as tell:
        done = learn(house, catalog, windows, tell)
    show(done.checkpoint)
    if done.report is None:
        print("Nothing was compared: no other model is or was in production.")
        return
    from silencio.evaluation.eras import PLOT, lines

    table(["era", "mAP before", "mAP after", "gain", "95 % interval", "recordings"], lines(done.report))
    print(done.report / PLOT)


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
