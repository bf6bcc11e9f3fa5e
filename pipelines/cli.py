"""`silencio pipeline …` and `silencio demo`: added to the command by the entry points in pyproject.toml."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.platform.commands import follow, submit
from pipelines.platform.schedule_commands import schedule, schedules, unschedule
from pipelines.platform.words import Feedback, IfNeeded
from silencio.commands.words import Changes, Experiment, Here, Workspace, house_at
from silencio.errors import GateRefused

if TYPE_CHECKING:
    from pipelines.step import Follow, Step
    from silencio.steps.house import House

pipeline = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Run the loop's steps as Kubeflow pipelines. Example: silencio pipeline run demo",
)

Approved = Annotated[
    str, typer.Option("--approved-by", help="Who looked at the report and the canary, by name.")
]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="Start every step again. What the workspace holds is still found.")
]


def add_to(app: typer.Typer) -> None:
    app.add_typer(pipeline, name="pipeline")
    app.command("demo")(demo)


@pipeline.command("run")
def run(
    experiment: Experiment = "demo",
    workspace: Workspace = Here,
    changes: Changes = None,
    feedback: Feedback = True,
    fresh: Fresh = False,
    if_needed: IfNeeded = False,
) -> None:
    """Train, judge, shrink, test, package, put on staging.

    Each step is a process of its own. What did not change since is not done again: a step is `cached` if it was
    asked the very same before, and `found done` if only settings changed that are none of its own. With nothing
    changed a run takes seconds; with one threshold changed, it judges again and does not train.

    Ctrl-C, a kill, a lost machine: the same command goes on where it was.

    With --if-needed it asks first what `silencio watch` asks, and may end with nothing new: the champion stays.

    In the end it lists what it made, with links. Exit code 0: a version is on staging, or nothing is new; 1: a gate
    said no, and the report says which; 2: wrong use; 3: something broke, and the log says where; 130: Ctrl-C.

    Example: silencio pipeline run demo

    Without what guides corrected: silencio pipeline run my.yaml --no-feedback

    Another bar, the same model: silencio pipeline run demo --set release.max_p95_ms=200
    """
    house = house_at(experiment, workspace, changes)

    def work(follow: "Follow") -> None:
        from pipelines.runs import train, train_if_needed

        (train_if_needed if if_needed else train)(house, follow, feedback, fresh)

    _followed("watching" if if_needed else "continuous training", house, work)


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
    house = house_at(experiment, workspace, changes)

    def work(follow: "Follow") -> None:
        from pipelines.runs import run_promotion

        run_promotion(house, follow, approved_by, canary_only=canary_only)

    _followed("promotion", house, work)


def _followed(title: str, house: "House", work: "Callable[[Follow], None]") -> None:
    """With a table of what it comes to, and links to what it left, however it ends."""
    from pipelines.interruption import going_on_later
    from pipelines.links import links
    from pipelines.screen import following, summary
    from pipelines.warm import warm_steps
    from silencio.logs import kept

    steps: list[Step] = []
    # Before all that the pipeline imports: it warms up meanwhile.
    with going_on_later(), warm_steps():
        try:
            with following(title) as follow:

                def told(now: "list[Step]") -> None:
                    steps[:] = now
                    follow(now)

                work(told)
        finally:
            summary(steps, links(steps, house.workspace, kept()))


Which = Annotated[str, typer.Argument(metavar="PIPELINE", help="continuous-training, watching or promotion.")]


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
    from pipelines.interruption import going_on_later

    if not approved_by:
        raise GateRefused("Nobody approves.", "Production takes a person's word: --approved-by NAME.")
    with going_on_later():
        walk(house_at(experiment, workspace, changes), approved_by, rounds)
