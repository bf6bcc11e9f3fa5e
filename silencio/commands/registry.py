"""`silencio registry …`"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from silencio.commands.words import Changes, Experiment, Here, Workspace, group, house_at
from silencio.errors import GateRefused

if TYPE_CHECKING:
    from silencio.registry.record import Entry
    from silencio.registry.stages import Stage
    from silencio.registry.versions import Version
    from silencio.steps.house import House

registry = group("registry", "Versions and the promotion record. Example: silencio registry list demo")

One = Annotated[
    str, typer.Argument(help="A version's number, or a stage: candidate, staging, canary, production.")
]
Kept = Annotated[
    int, typer.Option(min=0, help="Versions that were in production once and stay for a rollback.")
]


@registry.command("list")
def registry_list(
    experiment: Experiment = "demo", workspace: Workspace = Here, changes: Changes = None
) -> None:
    """The versions and where each stands.

    Example: silencio registry list demo
    """
    from silencio.terminal import bar, table

    house = house_at(experiment, workspace, changes)
    with bar("registry"):
        versions, made = house.registry.versions(), house.record.verify()
    columns = [
        "version",
        "stage",
        "registered",
        "architecture",
        "variant",
        "mAP",
        "MiB",
        "approved by",
        "bundle",
    ]
    table(columns, [_listed(version, made) for version in versions])


def _listed(version: "Version", made: "list[Entry]") -> list[str]:
    told = [version.tag(word) for word in ("architecture", "variant", "map", "size_mb")]
    approved = [e.move["approved_by"] for e in _moves_of(version, made) if e.move["stage"] == "production"]
    when = f"{version.at:%Y-%m-%d %H:%M}"
    return [
        version.number,
        version.stage.value,
        when,
        *told,
        (approved or [None])[-1] or "",
        version.bundle_digest[:12],
    ]


def _moves_of(version: "Version", made: "list[Entry]") -> "list[Entry]":
    return [e for e in made if (e.move["model"], e.move["version"]) == (version.model, version.number)]


@registry.command("show")
def registry_show(
    version: One, experiment: Experiment = "demo", workspace: Workspace = Here, changes: Changes = None
) -> None:
    """Everything about a version.

    Example: silencio registry show production demo
    """
    from silencio.registry.compare import find
    from silencio.terminal import bar, sheet

    house = house_at(experiment, workspace, changes)
    with bar("registry"):
        rows = list(_told(house, find(house.registry, version)))
    sheet(rows)


def _told(house: "House", version: "Version") -> "Iterator[tuple[str, str]]":
    from silencio.evaluation.gates import GateResult
    from silencio.registry.runs import Runs

    bundle = house.registry.fetch(version)
    facts = bundle.facts
    yield "version", f"{version.number} of {version.model}, at {version.stage}"
    yield "registered", f"{version.at:%Y-%m-%d %H:%M} UTC"
    yield (
        "model",
        f"{facts.get('architecture', 'unknown')}, {facts['variant']}, {len(bundle.species)} species",
    )
    if "chosen_because" in facts:
        yield "why so", facts["chosen_because"]
    yield "mAP", f"{facts['map']:.4f}"
    if "latency_ms" in facts:
        size, once, p95 = facts["size_mb"], facts["latency_ms"], facts["latency_p95_ms"]
        yield (
            "costs",
            f"{size} MB, {once} ms a window ({p95} ms at the 95th percentile) on {facts['machine']}",
        )
    for gate in (GateResult.from_json(gate) for gate in facts.get("gates", ())):
        yield "gate", f"{gate.verdict}: {gate.name}, {gate.slice}. {gate.reason}"
    yield "data", facts["catalog"]
    yield "commit", facts["commit"]
    yield "run", Runs(house.site, house.workspace).address_of(facts["run"]) or version.run_id
    yield "bundle", f"{version.bundle_digest} in {bundle.folder}"
    for packaged in ("image", "sbom"):
        if digest := version.tag(packaged):
            yield packaged, digest
    if (bundle.folder / "report/report.html").exists():
        yield "report", str(bundle.folder / "report/report.html")
    for entry in _moves_of(version, house.record.verify()):
        by = f", approved by {entry.move['approved_by']}" if entry.move["approved_by"] else ""
        image = f", image {entry.move['image']}" if entry.move["image"] else ""
        yield "moved", f"{entry.at[:19]} to {entry.move['stage']}{by}{image}: {entry.move['reason']}"


@registry.command("diff")
def registry_diff(
    before: One,
    after: One,
    experiment: Experiment = "demo",
    workspace: Workspace = Here,
    changes: Changes = None,
) -> None:
    """What differs between two versions: settings, data, figures, gates.

    Example: silencio registry diff production staging demo
    """
    tell_apart(house_at(experiment, workspace, changes), before, after)


def tell_apart(house: "House", before: str, after: str) -> None:
    """Print what differs between two versions, each by its number or its stage."""
    from silencio.registry.compare import Side, differences, find
    from silencio.terminal import bar, table

    with bar("registry"):
        found = [find(house.registry, word) for word in (before, after)]
        one, other = (Side.of(version, house.registry, house.workspace) for version in found)
        rows = [[row.about, row.what, row.before, row.after, row.change] for row in differences(one, other)]
    table(["of", "what", *(f"version {version.number}" for version in found), "change"], rows)


@registry.command("history")
def registry_history(
    experiment: Experiment = "demo", workspace: Workspace = Here, changes: Changes = None
) -> None:
    """Every move of every version, and who approved it.

    Example: silencio registry history demo
    """
    from silencio.terminal import table

    made = house_at(experiment, workspace, changes).record.verify()
    rows = [
        [
            str(e.number),
            e.at[:19],
            e.move["version"],
            e.move.get("before", ""),
            e.move["stage"],
            e.move["approved_by"] or "",
            e.move["reason"],
        ]
        for e in made
    ]
    table(["line", "at", "version", "from", "to", "approved by", "why"], rows)


@registry.command("verify")
def registry_verify(
    experiment: Experiment = "demo", workspace: Workspace = Here, changes: Changes = None
) -> None:
    """Follow the promotion record from what runs to the data that it learned from; 1 if anything is amiss.

    Example: silencio registry verify demo
    """
    from silencio.registry.verify import verify
    from silencio.terminal import bar, sheet, table

    house = house_at(experiment, workspace, changes)
    with bar("verify"):
        found = verify(house.registry, house.record, house.workspace, _serving(house))
    sheet([*found.links, ("record", f"{found.lines} lines, {house.record.path}")])
    if found.faults:
        table(["found", "what to do"], [[fault.problem, fault.remedy] for fault in found.faults])
        raise GateRefused(
            f"{len(found.faults)} things are not as they were written.",
            "Promote nothing until each of them is understood.",
        )
    print("Every line follows from the one before, and the registry is where the record says.")


def _serving(house: "House") -> "dict[Stage, str]":
    """The bundles that services on this machine run right now."""
    from silencio.registry.stages import Stage

    return {Stage(track.value): deployed.digest for track, deployed in house.tracks.running().items()}


@registry.command("repair")
def registry_repair(
    experiment: Experiment = "demo",
    force: Annotated[
        bool, typer.Option(help="Whoever is at work on another machine is gone for certain.")
    ] = False,
    workspace: Workspace = Here,
    changes: Changes = None,
) -> None:
    """End what was begun and not done, and put the registry back to what the record says.

    Example: silencio registry repair demo
    """
    from silencio.registry.repair import repair

    house, amiss = house_at(experiment, workspace, changes), False
    for said in repair(house.registry, house.record, force):
        amiss = True
        print(said)
    if not amiss:
        print("There is nothing to repair.")


@registry.command("prune")
def registry_prune(
    experiment: Experiment = "demo",
    keep: Kept = 3,
    dry_run: Annotated[bool, typer.Option(help="Only say what would go.")] = False,
    workspace: Workspace = Here,
    changes: Changes = None,
) -> None:
    """Take out the versions that no stage, rollback or comparison needs, and their bundles.

    Example: silencio registry prune demo --keep 3 --dry-run
    """
    from silencio.registry.prune import judge, prune
    from silencio.terminal import bar, table

    house = house_at(experiment, workspace, changes)
    asked = (house.registry, house.record, house.workspace, keep, _serving(house))
    with bar("prune"):
        judged = judge(*asked)
        rows = [
            [
                j.version.number,
                j.version.stage.value,
                "stays" if j.needed_for else "goes",
                j.needed_for,
                f"{j.mib:.1f}",
            ]
            for j in judged
        ]
        going = [j for j in judged if not j.needed_for]
        mib = sum(j.mib for j in going)
        if not dry_run:
            going = prune(*asked)
    table(["version", "stage", "", "because", "MiB here"], rows)
    print(
        f"{len(going)} versions {'would go' if dry_run else 'went'}, {mib:.1f} MiB in this workspace with them."
    )
