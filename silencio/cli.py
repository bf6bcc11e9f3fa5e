"""The command. Each sub-command is a door to a room; what takes long to import is imported behind it."""

import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from silencio.errors import SilencioError

if TYPE_CHECKING:
    from silencio.handover import Handover
    from silencio.steps.house import House

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="""
Keep a bioacoustic classifier true: retrain, judge, shrink, test, release, listen.

`silencio demo --approved-by "Ana"` walks the whole loop on a built-in reserve.
Exit codes: 0 done, 1 a gate said no, 2 wrong use, 3 something broke.
""",
)


def _group(name: str, help: str) -> typer.Typer:
    group = typer.Typer(no_args_is_help=True, help=help, rich_markup_mode=None)
    app.add_typer(group, name=name)
    return group


settings = _group("settings", "The experiment file. Example: silencio settings show demo")
data = _group("data", "Recordings and their catalog. Example: silencio data ingest demo")
features = _group("features", "The windows that models see. Example: silencio features build demo")
bundle = _group("bundle", "What is served. Example: silencio bundle verify workspace/models/bundles/…")
registry = _group("registry", "Versions and the promotion record. Example: silencio registry list demo")
release = _group("release", "Staging, canary, production. Example: silencio release status demo")

Experiment = Annotated[str, typer.Argument(help="A preset (demo, tiny) or the path of an experiment file.")]
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


@app.callback()
def _every_command(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False,
    json_logs: Annotated[bool, typer.Option("--json-logs", help="Log one JSON object a line.")] = False,
) -> None:
    from silencio.logs import set_up

    set_up(verbose, json_logs)


def house_at(experiment: str, workspace: Path) -> "House":
    from silencio.settings import Site, load_experiment
    from silencio.steps.house import House
    from silencio.workspace import Workspace

    site = Site(workspace=str(workspace))
    return House(load_experiment(experiment), site, Workspace(site.workspace))


@settings.command("show")
def settings_show(experiment: Experiment = "demo") -> None:
    """Print every value of an experiment, also the defaults.

    Example: silencio settings show my.yaml
    """
    from silencio.settings import load_experiment

    print(load_experiment(experiment).to_yaml(), end="")


@data.command("ingest")
def data_ingest(
    experiment: Experiment = "demo",
    workspace: Workspace = Here,
    feedback: Annotated[bool, typer.Option(help="Take in what guides corrected since.")] = True,
) -> None:
    """Make the catalog: what was released, and what guides said since.

    Example: silencio data ingest demo
    """
    from silencio.steps import build
    from silencio.terminal import bar, show

    with bar("ingest") as tell:
        show(build.ingest(house_at(experiment, workspace), feedback, tell))


@features.command("build")
def features_build(experiment: Experiment = "demo", workspace: Workspace = Here) -> None:
    """Compute the windows of every recording.

    Example: silencio features build demo
    """
    from silencio.terminal import show

    show(_up_to("windows", house_at(experiment, workspace)))


@app.command()
def train(experiment: Experiment = "demo", workspace: Workspace = Here) -> None:
    """Train; killed and started again, it goes on.

    Example: silencio train demo
    """
    from silencio.terminal import show

    show(_up_to("checkpoint", house_at(experiment, workspace)))


@app.command()
def evaluate(
    experiment: Experiment = "demo",
    workspace: Workspace = Here,
    summary: Annotated[
        Path | None, typer.Option(help="A file that the report in short, in Markdown, is appended to.")
    ] = None,
) -> None:
    """Judge the checkpoint, slice by slice, against the champion.

    Example: silencio evaluate demo
    """
    from silencio.terminal import show

    report = _up_to("report", house_at(experiment, workspace))
    show(report)
    print(report / "report.html")
    if summary:
        with summary.open("a") as stream:
            stream.write((report / "report.md").read_text())
    if report.facts["decision"] != "pass":
        raise typer.Exit(1)


@app.command()
def optimize(experiment: Experiment = "demo", workspace: Workspace = Here) -> None:
    """Export, quantize, choose the cheapest that passes.

    Example: silencio optimize demo
    """
    from silencio.terminal import show

    show(_up_to("bundle", house_at(experiment, workspace)))


def _up_to(wanted: str, house: "House") -> "Handover":
    """Bring what comes before up to date, then make what is wanted; whatever is done already is only looked up."""
    from silencio.steps import build
    from silencio.terminal import bar

    with bar("ingest") as tell:
        catalog = build.ingest(house, tell=tell)
    with bar("features") as tell:
        windows = build.features(house, catalog, tell)
    if wanted == "windows":
        return windows
    with bar("train") as tell:
        checkpoint = build.train(house, windows, tell)
    if wanted == "checkpoint":
        return checkpoint
    rival = build.champion(house, checkpoint)
    if wanted == "report":
        return build.evaluate(house, catalog, windows, checkpoint, rival)
    with bar("optimize") as tell:
        return build.optimize(house, catalog, windows, checkpoint, rival, tell)


@bundle.command("verify")
def bundle_verify(folder: Annotated[Path, typer.Argument(help="The bundle's folder.")]) -> None:
    """Hash every file of a bundle again.

    Example: silencio bundle verify workspace/models/bundles/1a2b…
    """
    from silencio.optimize.bundle import Bundle

    print(f"{folder} is whole: bundle {Bundle.open(folder).digest}")


@app.command()
def serve(
    bundle: Annotated[Path, typer.Option(help="The folder of the bundle to serve.")],
    feedback: Annotated[Path | None, typer.Option(help="Where corrections and their audio are kept.")] = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8000,
    stop_after_idle: Annotated[
        float | None, typer.Option(help="Stop when nobody asked for so many seconds.")
    ] = None,
) -> None:
    """Identify species over HTTP.

    Example: silencio serve --bundle workspace/models/bundles/1a2b…
    """
    from silencio.serving.server import run
    from silencio.settings import Serving

    run(bundle, feedback, host, port, Serving(), stop_after_idle)


@app.command(hidden=True)
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


@registry.command("list")
def registry_list(experiment: Experiment = "demo", workspace: Workspace = Here) -> None:
    """The versions and where each stands.

    Example: silencio registry list demo
    """
    from silencio.terminal import table

    versions = house_at(experiment, workspace).registry.versions()
    table(
        ["version", "stage", "bundle", "run"],
        [[v.number, v.stage.value, v.bundle_digest[:12], v.run_id[:12]] for v in versions],
    )


@registry.command("history")
def registry_history(experiment: Experiment = "demo", workspace: Workspace = Here) -> None:
    """Every move of every version, and who approved it.

    Example: silencio registry history demo
    """
    from silencio.terminal import table

    entries = house_at(experiment, workspace).record.verify()
    rows = [
        [
            str(e.number),
            e.at[:19],
            e.move["version"],
            e.move["stage"],
            e.move["approved_by"] or "",
            e.move["reason"],
        ]
        for e in entries
    ]
    table(["entry", "at", "version", "to", "approved by", "why"], rows)


@registry.command("verify")
def registry_verify(experiment: Experiment = "demo", workspace: Workspace = Here) -> None:
    """Follow the promotion record's chain of hashes.

    Example: silencio registry verify demo
    """
    entries = house_at(experiment, workspace).record.verify()
    print(f"{len(entries)} entries, each follows from the one before.")


@release.command("status")
def release_status(experiment: Experiment = "demo", workspace: Workspace = Here) -> None:
    """What serves, and its share of the traffic.

    Example: silencio release status demo
    """
    from silencio.terminal import table

    tracks = house_at(experiment, workspace).tracks
    weights = tracks.weights()
    rows = [
        [t.value, f"{weights.get(t, 0)} %", d.address, d.digest[:12]] for t, d in tracks.running().items()
    ]
    table(["track", "traffic", "address", "bundle"], rows)


@release.command("up")
def release_up(experiment: Experiment = "demo", workspace: Workspace = Here) -> None:
    """Serve what is in production, where it does not yet.

    Example: silencio release up demo
    """
    from silencio.steps.release import restore

    print(restore(house_at(experiment, workspace)))


@release.command("rollback")
def release_rollback(
    reason: Annotated[str, typer.Option(help="Why; it goes into the promotion record.")],
    experiment: Experiment = "demo",
    workspace: Workspace = Here,
) -> None:
    """Take the canary's traffic away.

    Example: silencio release rollback demo --reason "deaf to owls"
    """
    from silencio.steps.release import roll_back, waiting

    house = house_at(experiment, workspace)
    version = waiting(house)
    roll_back(house, version, (), reason)
    print(f"version {version.number} rolled back")


@release.command("stop")
def release_stop(experiment: Experiment = "demo", workspace: Workspace = Here) -> None:
    """Stop every service that was started on this machine.

    Example: silencio release stop demo
    """
    house_at(experiment, workspace).tracks.stop_all()


@app.command()
def watch(experiment: Experiment = "demo", workspace: Workspace = Here) -> None:
    """Say whether to train again, and why.

    Example: silencio watch demo
    """
    from silencio.steps.watch import reasons

    found = reasons(house_at(experiment, workspace))
    print("\n".join(["retrain:", *found]) if found else "nothing new: the champion stays")


def main() -> None:
    """Errors that a user can act on are a sentence and an exit code; any other is a bug, and keeps its traceback."""
    for command in entry_points(group="silencio.commands"):
        command.load()(app)
    try:
        app()
    except SilencioError as error:
        print(f"silencio: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
