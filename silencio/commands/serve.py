"""`silencio serve`, and `silencio serve compare`"""

from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from silencio.commands.words import Changes, Here, Workspace, house_at

if TYPE_CHECKING:
    from silencio.serving.engine.sources import Look

Stage = Annotated[
    str | None, typer.Option(help="Serve the registry's version of a stage, such as production.")
]
Settings = Annotated[Path | None, typer.Option(help="The YAML file of the service's settings.")]


serve = typer.Typer(name="serve", rich_markup_mode=None)


@serve.callback(invoke_without_command=True)
def _serve(
    context: typer.Context,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--bundle", help="The folder of the bundle to serve, or a link to it that may be changed."
        ),
    ] = None,
    stage: Stage = None,
    experiment: Annotated[str, typer.Option(help="Whose --stage is meant.")] = "demo",
    workspace: Workspace = Here,
    feedback: Annotated[Path | None, typer.Option(help="Where corrections and their audio are kept.")] = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8000,
    open_to_all: Annotated[
        bool, typer.Option("--open", help="Let others than this machine ask without keys.")
    ] = False,
    settings: Settings = None,
    changes: Changes = None,
    stop_after_idle: Annotated[
        float | None, typer.Option(help="Stop when nobody asked for so many seconds.")
    ] = None,
) -> None:
    """Identify species over HTTP. A new version is picked up while the old one answers.

    --set is of the service's settings.

    Example: silencio serve --bundle workspace/models/bundles/1a2b…
    """
    if context.invoked_subcommand:
        return
    from silencio.experiment import load_serving
    from silencio.serving.server import run

    read = load_serving(settings, changes or ())
    look, where = look_for(folder, stage, experiment, workspace)
    run(look, where, feedback, host, port, read, open_to_all, stop_after_idle)


def look_for(folder: Path | None, stage: str | None, experiment: str, workspace: Path) -> "tuple[Look, str]":
    """How to find what is to be served, and what people call the place."""
    from silencio.errors import WrongUse
    from silencio.serving.engine.sources import in_folder

    if folder is not None and stage is None:
        return in_folder(folder), str(folder)
    if folder is not None or stage is None:
        raise WrongUse("The model comes from one place.", "Name either --bundle or --stage.")
    try:
        from silencio.steps.deployed import at_stage
    except ImportError as error:
        raise WrongUse(
            f"--stage asks the registry, which needs MLflow ({error}).",
            "Install silencio[train], or serve a bundle's folder with --bundle.",
        ) from error
    house = house_at(experiment, workspace)
    return at_stage(house.registry, stage), f"stage {stage} of {experiment}"


@serve.command("compare")
def _compare(
    folders: Annotated[list[Path], typer.Argument(metavar="BUNDLES…", help="The folders of bundles.")],
    triton: Annotated[
        str | None, typer.Option(help="A Triton server that serves the first of them, to be measured too.")
    ] = None,
    per_hour: Annotated[
        float | None,
        typer.Option(min=0, help="What this machine costs an hour: shows what a million clips cost."),
    ] = None,
) -> None:
    """What it takes to serve, measured here: one core as on a device, all cores, a GPU, Triton, side by side.

    From the bytes of an Ogg clip of one window to what is heard in it. Name several bundles to compare models.

    Example: silencio serve compare workspace/models/bundles/1a2b… --per-hour 0.12
    """
    from silencio.optimize.bundle import Bundle
    from silencio.serving.compare import compare
    from silencio.terminal import bar, table

    with bar("compare") as tell:
        costs = compare([Bundle.open(folder) for folder in folders], triton, tell)
    columns = ["bundle", "way", "MB", "p50 ms", "p95 ms", "clips/s", "core s / 1,000 clips"]
    rows = [
        [c.bundle, c.way, *map(_figure, (c.size_mb, c.p50_ms, c.p95_ms, c.clips_per_second, c.core_seconds))]
        for c in costs
    ]
    if per_hour is not None:
        columns.append("a million clips")
        rows = [[*row, _figure(cost.money(per_hour))] for row, cost in zip(rows, costs, strict=True)]
    table(columns, rows)
    for cost in costs:
        if cost.left_out:
            print(f"{cost.way} is not here: {cost.left_out}")


def _figure(value: float) -> str:
    return "–" if isnan(value) else f"{value:.3g}" if value < 100 else f"{value:,.0f}"
