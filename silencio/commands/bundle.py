"""`silencio bundle …` and `silencio serve`"""

from pathlib import Path
from typing import Annotated

import typer

from silencio.commands.words import Changes, group

bundle = group("bundle", "What is served. Example: silencio bundle verify workspace/models/bundles/…")


@bundle.command("verify")
def bundle_verify(folder: Annotated[Path, typer.Argument(help="The bundle's folder.")]) -> None:
    """Hash every file of a bundle again.

    Example: silencio bundle verify workspace/models/bundles/1a2b…
    """
    from silencio.optimize.bundle import Bundle

    print(f"{folder} is whole: bundle {Bundle.open(folder).digest}")


@bundle.command("show")
def bundle_show(folder: Annotated[Path, typer.Argument(help="The bundle's folder.")]) -> None:
    """Its card, with the table of all variants that were tried, after every file was hashed again.

    Example: silencio bundle show workspace/models/bundles/1a2b…
    """
    from silencio.optimize.bundle import CARD, Bundle

    print((Bundle.open(folder).folder / CARD).read_text("utf-8"))


def serve(
    folder: Annotated[Path, typer.Option("--bundle", help="The folder of the bundle to serve.")],
    feedback: Annotated[Path | None, typer.Option(help="Where corrections and their audio are kept.")] = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8000,
    settings: Annotated[Path | None, typer.Option(help="The YAML file of the service's settings.")] = None,
    changes: Changes = None,
    stop_after_idle: Annotated[
        float | None, typer.Option(help="Stop when nobody asked for so many seconds.")
    ] = None,
) -> None:
    """Identify species over HTTP.

    Example: silencio serve --bundle workspace/models/bundles/1a2b…
    """
    from silencio.experiment import load_serving
    from silencio.serving.server import run

    run(folder, feedback, host, port, load_serving(settings, changes or ()), stop_after_idle)
