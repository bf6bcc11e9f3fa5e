"""`silencio jobs …`"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from silencio.commands.words import group

if TYPE_CHECKING:
    from silencio.cluster.jobs import Job, Jobs

jobs = group(
    "jobs", "Commands on a Ray cluster. Example: silencio jobs submit -- silencio train frogid --on ray"
)

INTERRUPTED = 130
"""What a shell says of whoever ended by Ctrl-C."""

Address = Annotated[
    str | None,
    typer.Option(
        help="The dashboard's, such as http://head:8265; else SILENCIO_RAY_DASHBOARD, or that of SILENCIO_RAY_ADDRESS."
    ),
]
Number = Annotated[str, typer.Argument(metavar="ID", help="As `submit` and `list` say it.")]


@jobs.command("submit")
def jobs_submit(
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND …", help="What is to run there.")],
    address: Address = None,
    working_dir: Annotated[
        Path | None, typer.Option(help="A folder that is sent along, and in which the command runs.")
    ] = None,
    env: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="A variable for it, as often as need be.")
    ] = None,
) -> None:
    """Send a command to a Ray cluster, show what it prints, and end as it ends.

    Ctrl-C stops showing; the command goes on.

    Example: silencio jobs submit --address http://head:8265 -- silencio train frogid --on ray --workers 4
    """
    variables = _variables(env or [])
    cluster = _at(address)
    number = cluster.submit(command, working_dir, variables)
    typer.echo(f"{number} is sent to {cluster.address}", err=True)
    _follow(cluster, number)


@jobs.command("follow")
def jobs_follow(number: Number, address: Address = None) -> None:
    """Show what a job prints, from its beginning, and end as it ends.

    Example: silencio jobs follow raysubmit_4LamXRuQpYdSMg7J
    """
    _follow(_at(address), number)


@jobs.command("stop")
def jobs_stop(number: Number, address: Address = None) -> None:
    """End a job.

    Example: silencio jobs stop raysubmit_4LamXRuQpYdSMg7J
    """
    print(f"{number} is being stopped" if _at(address).stop(number) else f"{number} was over already")


@jobs.command("list")
def jobs_list(address: Address = None) -> None:
    """Name the jobs of a cluster, and how each stands; the latest last.

    Example: silencio jobs list --address http://head:8265
    """
    from silencio.terminal import table

    table(["job", "status", "command"], [[job.number, job.status, job.command] for job in _at(address).all()])


def _at(address: str | None) -> "Jobs":
    from silencio.errors import WrongUse
    from silencio.settings import Site

    try:
        from silencio.cluster.jobs import Jobs, dashboard_of

        return Jobs(address or dashboard_of(Site()))
    except ImportError as error:
        raise WrongUse(f"Jobs need Ray's client ({error}).", "Install silencio[distributed].") from error


def _variables(given: list[str]) -> dict[str, str]:
    from silencio.errors import WrongUse

    if strange := [word for word in given if not word.partition("=")[1]]:
        raise WrongUse(f"--env {strange[0]} sets nothing.", "Write it as KEY=VALUE.")
    return {name: value for name, _, value in (word.partition("=") for word in given)}


def _follow(cluster: "Jobs", number: str) -> None:
    try:
        job = cluster.follow(number, lambda text: print(text, end="", flush=True))
    except KeyboardInterrupt:
        where = f"{number} --address {cluster.address}"
        typer.echo(
            f"\n{number} goes on.\n  silencio jobs follow {where}\n  silencio jobs stop {where}", err=True
        )
        raise typer.Exit(INTERRUPTED) from None
    _end_as(job)


def _end_as(job: "Job") -> None:
    from silencio.errors import SilencioError

    if job.status == "SUCCEEDED":
        return
    if job.status == "STOPPED":
        raise SilencioError(
            f"{job.number} was stopped before it was done.", "Submit it again to have it done."
        )
    if job.exit_code is None or job.exit_code < 0:
        raise SilencioError(
            f"{job.number} is {job.status}: {job.said}",
            "What it printed last may say why; the cluster's log does.",
        )
    raise typer.Exit(job.exit_code)
