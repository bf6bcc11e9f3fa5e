"""`silencio features …`"""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from silencio.commands.up_to import up_to
from silencio.commands.words import Changes, Experiment, Here, Workspace, group, house_at

if TYPE_CHECKING:
    from silencio.data.windows.crews import Crew

features = group("features", "The windows that models see. Example: silencio features build demo")


class On(StrEnum):
    """Who hears the recordings."""

    PROCESSES = "processes"
    RAY = "ray"


@features.command("build")
def features_build(
    experiment: Experiment = "demo",
    workspace: Workspace = Here,
    changes: Changes = None,
    on: Annotated[On, typer.Option(help="Processes of this machine, or a Ray cluster.")] = On.PROCESSES,
    workers: Annotated[
        int | None, typer.Option(min=1, help="How many processes; by default as many as pay.")
    ] = None,
) -> None:
    """Compute the windows of every recording that was not heard before.

    Who computes them makes no difference to the result. Killed and started again, it goes on. A Ray cluster's
    address is SILENCIO_RAY_ADDRESS; without one, this machine is the cluster.

    Example: silencio features build demo --on ray
    """
    from silencio.steps import build
    from silencio.terminal import bar, show

    house = house_at(experiment, workspace, changes)
    crew = _crew(on, workers, house.site.ray_address)
    with bar("ingest") as tell:
        catalog = build.ingest(house, tell=tell)
    with bar("features") as tell:
        show(build.features(house, catalog, tell, crew))


def _crew(on: On, workers: int | None, ray_address: str | None) -> "Crew | None":
    from silencio.errors import WrongUse

    if on is On.RAY:
        if workers:
            raise WrongUse(
                f"--workers {workers} is for processes; a Ray cluster knows its own size.", "Leave it out."
            )
        from silencio.data.windows.on_ray import cluster

        return cluster(ray_address)
    from silencio.data.windows.crews import processes

    return processes(workers) if workers else None


@features.command("export")
def features_export(
    experiment: Experiment,
    file: Annotated[Path, typer.Argument(metavar="OUT.npz", help="The file to write.")],
    workspace: Workspace = Here,
    changes: Changes = None,
) -> None:
    """Write windows, labels and where they come from into one file for NumPy.

    Example: silencio features export demo digits.npz
    """
    from silencio.data.windows.export import export
    from silencio.data.windows.store import Windows
    from silencio.errors import WrongUse
    from silencio.progress import counting
    from silencio.terminal import bar

    if file.suffix != ".npz":
        raise WrongUse(f"{file} does not end in .npz.", "NumPy knows the format by it: name it so.")
    windows = up_to("windows", house_at(experiment, workspace, changes))
    with bar("export") as tell:
        export(Windows.open(windows), file, counting(tell, "windows written"))
    print(file)


@features.command("prune")
def features_prune(workspace: Workspace = Here) -> None:
    """Remove computed windows that no store uses any more.

    Delete stores in processed/windows first, where you like; what they alone used is then removed.

    Example: silencio features prune
    """
    from silencio.data.windows.shards import prune
    from silencio.terminal import table
    from silencio.workspace import Workspace

    pruned = prune(Workspace(workspace))
    table(["shards removed", "MB"], [[str(pruned.shards), f"{pruned.bytes / 1e6:.1f}"]])
