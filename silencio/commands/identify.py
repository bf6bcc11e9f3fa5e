"""`silencio identify`"""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from silencio.commands.serve import Settings, Stage, look_for
from silencio.commands.words import Changes, Here, Workspace

if TYPE_CHECKING:
    from silencio.serving.bulk.recordings import Recording
    from silencio.settings import Serving

INTERRUPTED = 130
OWN_FILES = ("max_bytes=1073741824", "max_seconds=14400", "max_decoded_bytes=2147483648")
"""A gigabyte, four hours: nobody needs to be kept from one's own recordings as from uploads. --set may say more."""
UNBOUNDED = ("batching.queue=1000000000", "batching.bulk_share=1")
"""What is under way is bounded before it comes to the queue."""
AT_ONCE = 24
"""Recordings under way together: enough that no core ever waits for the next."""


class Format(StrEnum):
    CSV = "csv"
    JSON = "json"


def identify(
    places: Annotated[list[Path], typer.Argument(metavar="RECORDINGS…", help="Files, and folders of them.")],
    folder: Annotated[
        Path | None, typer.Option("--bundle", help="The folder of the bundle that hears.")
    ] = None,
    stage: Stage = None,
    experiment: Annotated[str, typer.Option(help="Whose --stage is meant.")] = "demo",
    server: Annotated[
        str | None, typer.Option(help="Ask a service instead, such as http://127.0.0.1:8000.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(envvar="SILENCIO_KEY", help="The key that the service asks for.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="The file of results; results.FORMAT if none is named.")
    ] = None,
    format: Annotated[
        Format, typer.Option(help="csv: a row a window, as BirdCLEF wants it; json: a line a recording.")
    ] = Format.CSV,
    workspace: Workspace = Here,
    settings: Settings = None,
    changes: Changes = None,
) -> None:
    """Identify species in many recordings at once.

    The same command goes on where it was interrupted; what was done stays done. A recording that cannot be read is
    named and skipped, and at the end the exit code is 2.

    Example: silencio identify soundscapes/ --bundle workspace/models/bundles/1a2b… --output heard.csv
    """
    import asyncio

    from silencio.errors import WrongUse
    from silencio.experiment import load_serving
    from silencio.serving.bulk.recordings import recordings

    wanted = recordings(places)
    read = load_serving(settings, [*OWN_FILES, *(changes or ()), *UNBOUNDED])
    path = output or Path(f"results.{format}")
    bundle = None if server else _bundle(folder, stage, experiment, workspace)
    if server and (folder or stage):
        raise WrongUse("--server has a model of its own.", "Leave out --bundle and --stage.")
    try:
        unread = asyncio.run(_identify(wanted, server, key, bundle, path, format, read))
    except KeyboardInterrupt:
        typer.echo(f"\n{path} has what was done; the same command goes on.", err=True)
        raise typer.Exit(INTERRUPTED) from None
    print(path)
    if unread:
        raise WrongUse(
            f"{len(unread)} of {len(wanted)} recordings could not be read, the first of them {unread[0].path}.",
            "The log says why of each; all others are in the results.",
        )


def _bundle(folder: Path | None, stage: str | None, experiment: str, workspace: Path) -> Path:
    from silencio.serving.engine.sources import first_of

    return first_of(*look_for(folder, stage, experiment, workspace)).folder


async def _identify(
    wanted: "list[Recording]",
    server: str | None,
    key: str | None,
    bundle: Path | None,
    path: Path,
    format: Format,
    settings: "Serving",
) -> "list[Recording]":
    from contextlib import AsyncExitStack

    from silencio.audio import Limits
    from silencio.optimize.bundle import Bundle
    from silencio.serving.bulk.asking import Asking, Here, There, client
    from silencio.serving.bulk.identify import AtOnce, identify_all
    from silencio.serving.bulk.results import Results
    from silencio.serving.bulk.tables import TABLES
    from silencio.serving.engine.engine import Engine
    from silencio.serving.engine.opening import open_served
    from silencio.terminal import bar

    table, at_once = TABLES[format], AtOnce(AT_ONCE, settings.waiting_bytes)
    async with AsyncExitStack() as stack:
        if bundle is None:
            asking: Asking = await There.at(
                await stack.enter_async_context(client(str(server), AT_ONCE, key))
            )
        else:
            asking = Here(Engine(open_served(Bundle.open(bundle), settings.threads), settings))
        with (
            Results.at(path, asking.digest, format, table.header(asking.codes)) as results,
            bar("identify") as tell,
        ):
            limits = Limits(max_bytes=settings.max_bytes)
            return await identify_all(wanted, asking, results, table, limits, at_once, tell)
