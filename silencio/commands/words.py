"""The words that many commands share: which experiment, which workspace, what else to set."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from silencio.steps.house import House

Experiment = Annotated[
    str, typer.Argument(help="A preset (demo, tiny, …) or the path of an experiment file.")
]
Workspace = Annotated[
    Path,
    typer.Option(
        "--workspace",
        "-w",
        envvar="SILENCIO_WORKSPACE",
        help="The folder that everything is read from and written to.",
    ),
]
Here = Path("workspace")
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Set one value of the experiment, as often as need be."),
]


class On(StrEnum):
    """Who learns: this process, or workers on a Ray cluster."""

    HERE = "here"
    RAY = "ray"


def group(name: str, help: str) -> typer.Typer:
    return typer.Typer(name=name, no_args_is_help=True, help=help, rich_markup_mode=None)


def house_at(experiment: str, workspace: Path, changes: list[str] | None = None) -> "House":
    from silencio.experiment import load_experiment
    from silencio.logs import keep
    from silencio.settings import Site
    from silencio.steps.house import House
    from silencio.workspace import Workspace

    site = Site(workspace=str(workspace))
    asked, home = load_experiment(experiment, changes or ()), Workspace(site.workspace)
    keep(home / "logs", sys.argv[1:])
    return House(asked, site, home)
