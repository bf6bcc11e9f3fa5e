"""`silencio pipeline …` and `silencio demo`: added to the command by the entry points in pyproject.toml."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.platform.commands import follow, submit
from pipelines.platform.schedule_commands import schedule, schedules, unschedule
from silencio.commands.words import Changes, Experiment, Here, Workspace, house_at
from silencio.errors import GateRefused

pipeline = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Run the loop's steps as Kubeflow pipelines. Example: silencio pipeline run demo",
)

Approved = Annotated[
    str, typer.Option("--approved-by", help="Who looked at the report and the canary, by name.")
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Ask every step again, also those that are cached.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(pipeline, name="pipeline")
    app.command("demo")(demo)


@pipeline.command("run")
def run(
    experiment: Experiment = "demo",
    workspace: Workspace = Here,
    changes: Changes = None,
    feedback: Annotated[bool, typer.Option(help="Train on what guides corrected since, too.")] = True,
    fresh: Fresh = False,
) -> None:
    """Train, judge, shrink, test, package, put on staging.

    Example: silencio pipeline run my.yaml
    """
    from pipelines.runs import run_training
    from pipelines.screen import following

    with following("continuous training") as follow:
        run_training(house_at(experiment, workspace, changes), follow, feedback, fresh)


@pipeline.command("promote")
def promote(
    experiment: Experiment = "demo",
    workspace: Workspace = Here,
    changes: Changes = None,
    approved_by: Approved = "",
    canary_only: Annotated[
        bool, typer.Option("--canary-only", help="Be content with a canary that did well and waits.")
    ] = False,
) -> None:
    """Canary, and with a person's approval production.

    Example: silencio pipeline promote demo --approved-by Ana
    """
    from pipelines.runs import run_promotion
    from pipelines.screen import following

    with following("promotion") as follow:
        run_promotion(house_at(experiment, workspace, changes), follow, approved_by, canary_only=canary_only)


Which = Annotated[str, typer.Argument(metavar="PIPELINE", help="continuous-training or promotion.")]


@pipeline.command("compile")
def compile_pipeline(
    name: Which = "continuous-training",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file; PIPELINE.yaml if none is named.")
    ] = None,
    manifest: Annotated[
        bool, typer.Option("--manifest", help="As objects of Kubernetes, for kubectl apply.")
    ] = False,
    namespace: Annotated[str | None, typer.Option(help="Where those objects go.")] = None,
) -> None:
    """Write a pipeline as YAML for a Kubeflow cluster.

    Example: silencio pipeline compile -o training.yaml
    """
    from pipelines.platform.cluster import settings

    cluster = settings(namespace=namespace)

    from pipelines.compiled import compiled
    from pipelines.compiled import manifest as as_manifest

    text = as_manifest(name, cluster.namespace) if manifest else compiled(name).text
    path = output or Path(f"{name}.yaml")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    print(path)


@pipeline.command("show")
def show(name: Which = "continuous-training") -> None:
    """A pipeline's steps, what they pass on, and what they ask of a cluster, as a tree.

    Example: silencio pipeline show promotion
    """
    from pipelines.platform.cluster import settings

    settings()

    from pipelines.compiled import compiled
    from pipelines.shape import shape

    print(shape(compiled(name).documents), end="")


for command in (submit, follow, schedule, schedules, unschedule):
    pipeline.command()(command)


def demo(
    approved_by: Approved = "",
    workspace: Workspace = Here,
    changes: Changes = None,
    experiment: Experiment = "demo",
    rounds: Annotated[int, typer.Option(min=1, max=2, help="1: end with the reasons for a second one.")] = 2,
) -> None:
    """Turn the whole loop twice on the built-in reserve.

    Example: silencio demo --approved-by Ana
    """
    from pipelines.demo import walk

    if not approved_by:
        raise GateRefused("Nobody approves.", "Production takes a person's word: --approved-by NAME.")
    walk(house_at(experiment, workspace, changes), approved_by, rounds)
