"""`silencio release …`, and the gateway that releases start"""

from pathlib import Path
from typing import Annotated

import typer

from silencio.commands.words import Changes, Experiment, Here, Workspace, group, house_at

release = group("release", "Staging, canary, production. Example: silencio release status demo")


@release.command("status")
def release_status(
    experiment: Experiment = "demo", workspace: Workspace = Here, changes: Changes = None
) -> None:
    """What serves, and its share of the traffic.

    Example: silencio release status demo
    """
    from silencio.terminal import table

    tracks = house_at(experiment, workspace, changes).tracks
    weights = tracks.weights()
    rows = [
        [t.value, f"{weights.get(t, 0)} %", d.address, d.digest[:12]] for t, d in tracks.running().items()
    ]
    table(["track", "traffic", "address", "bundle"], rows)


@release.command("up")
def release_up(experiment: Experiment = "demo", workspace: Workspace = Here, changes: Changes = None) -> None:
    """Serve what is in production, where it does not yet.

    Example: silencio release up demo
    """
    from silencio.steps.release import restore
    from silencio.terminal import bar

    with bar("up"):
        address = restore(house_at(experiment, workspace, changes))
    print(address)


@release.command("rollback")
def release_rollback(
    reason: Annotated[str, typer.Option(help="Why; it goes into the promotion record.")],
    experiment: Experiment = "demo",
    workspace: Workspace = Here,
    changes: Changes = None,
) -> None:
    """Take the canary's traffic away.

    Example: silencio release rollback demo --reason "deaf to owls"
    """
    from silencio.steps.release import roll_back, waiting
    from silencio.terminal import bar

    with bar("roll back"):
        house = house_at(experiment, workspace, changes)
        version = waiting(house)
        roll_back(house, version, (), reason)
    print(f"version {version.number} rolled back")


@release.command("stop")
def release_stop(
    experiment: Experiment = "demo", workspace: Workspace = Here, changes: Changes = None
) -> None:
    """Stop every service that was started on this machine.

    Example: silencio release stop demo
    """
    from silencio.terminal import bar

    with bar("stop"):
        house_at(experiment, workspace, changes).tracks.stop_all()


def gateway(
    state: Annotated[Path, typer.Option(help="The file that the gateway keeps its routes in.")],
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8000,
    stop_after_idle: Annotated[
        float | None, typer.Option(help="Stop when nobody asked for so many seconds.")
    ] = None,
) -> None:
    """Share traffic out between tracks; started by releases.

    Example: silencio gateway --state gateway.json
    """
    from silencio.release.gateway import run

    run(state, host, port, stop_after_idle)
