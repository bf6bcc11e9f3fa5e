"""`silencio serve`"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from silencio.commands.words import Changes, Experiment, Here, Workspace, house_at

if TYPE_CHECKING:
    from silencio.serving.engine.sources import Look

Stage = Annotated[
    str | None, typer.Option(help="Serve the registry's version of a stage, such as production.")
]
Settings = Annotated[Path | None, typer.Option(help="The YAML file of the service's settings.")]


def serve(
    experiment: Experiment = "demo",
    folder: Annotated[
        Path | None,
        typer.Option(
            "--bundle", help="The folder of the bundle to serve, or a link to it that may be changed."
        ),
    ] = None,
    stage: Stage = None,
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

    The experiment matters to --stage only; --set is of the service's settings.

    Example: silencio serve --bundle workspace/models/bundles/1a2b…
    """
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
