"""The demo's end: what the second round gained, what was decided, and what is worth opening."""

from rich.console import Console

from pipelines.demo.gained import Gain, gains, said_before
from pipelines.demo.guide import GUIDE, Walks
from pipelines.demo.page import GAINED, Told, Worth, write_page
from pipelines.demo.rounds import in_production
from pipelines.demo.showing import gain_lines
from silencio.commands.registry import tell_apart
from silencio.data.report import data_report
from silencio.errors import GateRefused
from silencio.evaluation.report import PAGE, read_report
from silencio.optimize.bundle import REPORT, Bundle
from silencio.registry.runs import tracking_uri
from silencio.steps import build
from silencio.steps.house import House
from silencio.steps.inside import memory_of
from silencio.terminal import bar, sheet, table

DRIFT = "drift.html"
DRIFTED = "the drifted microphone, recordings that nobody learned from"
RELEASED = "the release's test part"


def end(
    house: House,
    walks: Walks,
    address: str,
    refused: str,
    no: GateRefused | None,
    seconds: float,
    console: Console,
) -> None:
    """`refused` says why the planted fault was rolled back; `no` why the second round was not promoted, if so."""
    versions = [one.version for one in in_production(house)]
    bundles = [house.registry.fetch(version) for version in versions[-2:]]
    gained: list[tuple[str, ...]] = []
    if len(bundles) == 2:
        before, after = versions[-2:]
        console.print(f"\n[bold]9  silencio registry diff {before.number} {after.number}[/bold]")
        tell_apart(house, before.number, after.number)
        gained = _gained(house, walks, *bundles)
        console.print(f"\n[bold]10  What version {after.number} gained over {before.number}[/bold]")
        table(GAINED, gained)
    with bar("report"):
        data = data_report(build.ingest(house), house.experiment, house.workspace)
    decided = [
        *_promoted(house),
        ("rolled back", refused),
        *((("not promoted", no.problem),) if no is not None else ()),
        ("took", f"{seconds:.0f} s"),
    ]
    folder = house.workspace / "reports/demo"
    drift = folder / DRIFT
    started = memory_of(house).trainings()
    reasons = [reason.sentence for reason in started[-1].reasons] if started else []
    mlflow = tracking_uri(house.site, house.workspace)
    worth = [
        Worth(
            "service", address, "drop a recording on it, or hold it up to the forest; /docs tells every route"
        ),
        *(
            Worth(
                f"report of version {version.number}",
                bundle.folder / REPORT / PAGE,
                "its gates, slices, mistakes to listen to",
            )
            for version, bundle in zip(versions[-2:], bundles, strict=True)
        ),
        *([Worth("drift", drift, "what watching saw before the second round")] if drift.exists() else []),
        Worth("data", data, "what there is to learn from, hour by hour and species by species"),
        Worth("her walks", walks.said[0].path.parents[1], f"what {GUIDE} recorded, to listen to"),
        Worth(
            "record",
            house.record.path,
            "every move, each line chained to the one before: silencio registry history",
        ),
        Worth("trainings", f"mlflow ui --backend-store-uri {mlflow}", "their curves, settings and figures"),
        Worth("next", f"silencio watch {house.experiment.name}", "whether to train once more, and why"),
        Worth(
            "to stop",
            "silencio release stop",
            "or the service stops by itself after half an hour without requests",
        ),
    ]
    page = write_page(folder, Told(decided, reasons, gained), worth)
    console.print("\n[bold]11  What was decided, and what is worth opening[/bold]")
    sheet([*decided, *((one.name, str(one.where)) for one in worth), ("all of this", str(page))])


def _promoted(house: House) -> list[tuple[str, str]]:
    """Of each version that ever went into production: why, and as what."""
    approved = {
        e.move["version"]: e.move["approved_by"] for e in house.record.verify() if e.move["approved_by"]
    }
    told = []
    for one in in_production(house):
        facts = house.registry.fetch(one.version).facts
        told.append(
            (
                f"version {one.version.number}",
                f"{one.version.model} version {one.version.number}, approved by {approved[one.version.number]}: "
                f"{len(facts['gates'])} gates passed, mAP {facts['map']:.3f}. {facts['chosen_because']}",
            )
        )
    return told


def _gained(house: House, walks: Walks, before: Bundle, after: Bundle) -> list[tuple[str, ...]]:
    """Lines: on what, figure, before, after, difference, its interval."""
    heard = [said_before(house, walks, bundle) for bundle in (before, after)]
    lines: list[tuple[str, ...]] = []
    if heard[0] is not None and heard[1] is not None:
        known = {species.code for species in before.species}
        labels = [species.code for species in after.species if species.code in known]
        measured = gains(
            walks.asked,
            labels,
            heard[0],
            heard[1],
            house.experiment.evaluation.resamples,
            house.experiment.seed,
        )
        lines += [(DRIFTED, *line) for line in gain_lines(measured)]
    figure = read_report(after.folder / REPORT).result.figure()
    if figure.champion is not None and figure.difference is not None:
        rest = Gain("map", figure.champion, figure.candidate, figure.difference, figure.recordings)
        lines += [(RELEASED, *line) for line in gain_lines([rest])]
    return lines
