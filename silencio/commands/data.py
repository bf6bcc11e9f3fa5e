"""`silencio data …`"""

from enum import StrEnum
from typing import Annotated

import typer

from silencio.commands.words import Changes, Experiment, Here, Workspace, group, house_at


class Source(StrEnum):
    """What a catalog is made from; each takes in those before it as well."""

    RELEASE = "release"
    FEEDBACK = "feedback"
    """What people say about what the service heard."""
    PASSIVE = "passive"
    """What the passive log drew, and nobody spoke about."""


Sources = Annotated[
    Source,
    typer.Option(
        "--from",
        help="What to take in: the release alone, what people say about what the service heard as well (feedback), "
        "or all of that and what its passive log drew (passive).",
    ),
]

data = group("data", "Recordings and their catalog. Example: silencio data ingest demo")


@data.command("ingest")
def data_ingest(
    experiment: Experiment = "demo",
    workspace: Workspace = Here,
    changes: Changes = None,
    source: Sources = Source.FEEDBACK,
) -> None:
    """Make the catalog: what was released, and what people said since of what the service heard.

    Example: silencio data ingest demo --from passive
    """
    from silencio.steps import build
    from silencio.terminal import bar, show

    feedback, passive = source is not Source.RELEASE, source is Source.PASSIVE
    with bar("ingest") as tell:
        show(build.ingest(house_at(experiment, workspace, changes), feedback, tell, passive))


@data.command("report")
def data_report(
    experiment: Experiment = "demo", workspace: Workspace = Here, changes: Changes = None
) -> None:
    """Draw what the catalog holds: one page, to be opened in any browser.

    Example: silencio data report demo
    """
    from silencio.data.report import data_report as draw
    from silencio.steps import build
    from silencio.terminal import bar

    house = house_at(experiment, workspace, changes)
    with bar("ingest") as tell:
        catalog = build.ingest(house, tell=tell)
    with bar("report") as tell:
        page = draw(catalog, house.experiment, house.workspace, tell)
    print(page)


@data.command("check")
def data_check(experiment: Experiment = "demo", workspace: Workspace = Here, changes: Changes = None) -> None:
    """Tell whether what judges has heard what is trained on; exit code 1 if so.

    Example: silencio data check demo
    """
    from silencio.data.catalog import Catalog
    from silencio.data.split.leaks import REMEDY, leaks
    from silencio.errors import GateRefused
    from silencio.steps import build
    from silencio.terminal import bar, table

    with bar("ingest") as tell:
        catalog = Catalog.open(build.ingest(house_at(experiment, workspace, changes), tell=tell))
    found = leaks(catalog.recordings, catalog.duplicates)
    if not found:
        print("Nothing leaks: no group is in two parts, and nothing sounds the same across them.")
        return
    table(["leak", "between"], [[leak.what, " and ".join(leak.parts)] for leak in found])
    raise GateRefused(f"The split leaks ({len(found)} found).", REMEDY)


@data.command("download")
def data_download(
    experiment: Experiment = "frogid", workspace: Workspace = Here, changes: Changes = None
) -> None:
    """Bring the recordings that FrogID's CSV names; run again, it goes on where it was stopped.

    Example: silencio data download frogid --set data.path=frogs
    """
    from silencio.data.download import FAILED, by_reason, download
    from silencio.data.ingest.release import delivered_at
    from silencio.data.readers import frogid
    from silencio.errors import SilencioError, WrongUse
    from silencio.terminal import bar, table

    house = house_at(experiment, workspace, changes)
    settings = house.experiment.data
    if settings.source != "frogid" or settings.path is None:
        raise WrongUse(
            f"{experiment} takes its recordings from {settings.source}, which names no addresses.",
            "Download is for data.source frogid.",
        )
    root = delivered_at(settings.path, house.workspace)
    addresses, folder = frogid.addresses(root, settings), root / frogid.AUDIO
    with bar("download") as tell:
        failures = download(addresses, folder, settings.frogid.workers, tell=tell)
    if failures:
        table(["failed", "why", "for example"], [[str(n), why, url] for why, n, url in by_reason(failures)])
        raise SilencioError(
            f"{len(failures)} of {len(addresses)} recordings did not come; {folder / FAILED} names them.",
            "Run again to try these again.",
        )
    table(["recordings", "folder"], [[str(len(addresses)), str(folder)]])
