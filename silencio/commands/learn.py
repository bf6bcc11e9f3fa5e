"""`silencio train`, `retrain`, `evaluate`, `optimize`: each brings what comes before up to date."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from silencio.commands.up_to import catalog_and_windows, up_to
from silencio.commands.words import Changes, Experiment, Here, On, Workspace, house_at


class Sharding(StrEnum):
    """What each worker holds: the whole model, or a part of every layer."""

    DDP = "ddp"
    FSDP2 = "fsdp2"


def train(
    experiment: Experiment = "demo",
    workspace: Workspace = Here,
    changes: Changes = None,
    on: Annotated[
        On | None,
        typer.Option(help="This process, or workers on a Ray cluster; else as the experiment says."),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="On Ray: how many share each batch.")] = None,
    sharding: Annotated[
        Sharding | None, typer.Option(help="On Ray: each has the whole model, or a part of every layer.")
    ] = None,
) -> None:
    """Train; killed and started again, it goes on.

    A Ray cluster's address is SILENCIO_RAY_ADDRESS; without one, this machine is the cluster. More workers see
    smaller parts of the same batches: what they learn is close to what one learns, and not the same.

    Example: silencio train demo --on ray --workers 2
    """
    from silencio.commands.trained import where_it_lies
    from silencio.terminal import sheet

    also = [*(changes or ()), *_workers(on, workers, sharding)]
    house = house_at(experiment, workspace, also)
    if on is On.RAY and house.experiment.training.workers is None:
        from silencio.errors import WrongUse

        raise WrongUse(
            "--on ray does not say how many workers share each batch, nor does training.workers.",
            "Say so, for it shapes the result: --workers 2.",
        )
    sheet(where_it_lies(up_to("checkpoint", house), house))


def _workers(on: On | None, workers: int | None, sharding: Sharding | None) -> list[str]:
    """As changes of the experiment."""
    from silencio.errors import WrongUse

    if on is On.HERE and not (workers or sharding):
        return ["training.workers=null"]
    if on is not On.RAY and (workers or sharding):
        raise WrongUse("--workers and --sharding are of workers on Ray.", "Add --on ray, or leave them out.")
    asked = {"workers": workers, "sharding": sharding}
    return [f"training.{name}={value}" for name, value in asked.items() if value]


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
    """Export, try every variant that runs here, choose the cheapest that passes, and say why.

    Example: silencio optimize demo
    """
    from silencio.optimize.rows import Table, cells
    from silencio.terminal import sheet, table

    made = up_to("bundle", house_at(experiment, workspace, changes))
    found = Table.read(made.folder)
    table(*cells(found.rows))
    sheet(
        [
            ("bundle", str(made.folder)),
            ("chosen", found.chosen_because),
            ("measured on", f"{found.machine['cores']} cores of {found.machine['processor']}"),
            ("report", str(made / "report/report.html")),
        ]
    )
