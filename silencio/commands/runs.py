"""`silencio runs …`"""

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from silencio.commands.words import Here, Workspace, group

if TYPE_CHECKING:
    from silencio.registry.journal import Journal
    from silencio.registry.runs import Runs

runs = group("runs", "Trainings as MLflow keeps them. Example: silencio runs list")


@runs.command("list")
def runs_list(workspace: Workspace = Here) -> None:
    """The runs of this workspace, oldest first, and what of each is still to be delivered.

    Example: silencio runs list
    """
    from silencio.terminal import table

    opened = _opened(workspace)
    table(
        ["begun", "run", "is", "to deliver", "at"],
        [_row(journal, opened) for journal in opened.delivery.outbox.journals()],
    )


@runs.command("deliver")
def runs_deliver(workspace: Workspace = Here) -> None:
    """Deliver what MLflow's server missed while it was away.

    Example: silencio runs deliver
    """
    from silencio.terminal import bar

    opened = _opened(workspace)
    with bar("deliver"):
        delivered = opened.deliver()
    print(f"{delivered} runs delivered to {opened.shown}." if delivered else "Nothing waits.")
    for server in opened.others_waiting():
        print(f"Some wait for {server}: set SILENCIO_MLFLOW_URI to it to deliver those.")


def _opened(workspace: Workspace) -> "Runs":
    from silencio.logs import keep
    from silencio.registry.runs import Runs
    from silencio.settings import Site
    from silencio.workspace import Workspace as Home

    site = Site(workspace=str(workspace))
    home = Home(site.workspace)
    keep(home / "logs", sys.argv[1:])
    return Runs(site, home)


def _row(journal: "Journal", opened: "Runs") -> list[str]:
    begun = datetime.fromtimestamp(journal.beginning.at / 1000, UTC)
    where = opened.address_of(journal.beginning.key) or ""
    return [f"{begun:%Y-%m-%d %H:%M}", journal.beginning.name, journal.status, str(journal.waiting), where]
