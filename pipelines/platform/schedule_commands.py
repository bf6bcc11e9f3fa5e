"""`silencio pipeline schedule`, `schedules` and `unschedule`."""

from typing import Annotated

import typer

from pipelines.platform.words import Feedback, Host, Namespace, TokenFile
from silencio.commands.words import Changes, Experiment


def schedule(
    experiment: Experiment = "demo",
    cron: Annotated[
        str | None,
        typer.Option(help='Minute, hour, day, month, weekday: "30 3 * * *". In the cluster\'s time.'),
    ] = None,
    every: Annotated[str | None, typer.Option(help="How often: 24h, 90m, 7d.")] = None,
    name: Annotated[str, typer.Option(help="Its name; there is one of each.")] = "silencio",
    pause: Annotated[bool, typer.Option("--pause", help="Keep it, and let it rest.")] = False,
    host: Host = None,
    namespace: Namespace = None,
    token_file: TokenFile = None,
    changes: Changes = None,
    feedback: Feedback = True,
) -> None:
    """Have a cluster train again and again. Asked twice the same, nothing changes; asked otherwise, it is replaced.

    Example: silencio pipeline schedule mine.yaml --cron "30 3 * * *"
    """
    from pipelines.platform.cluster import parameters, settings
    from silencio.errors import WrongUse
    from silencio.experiment import load_experiment
    from silencio.terminal import sheet

    if (cron is None) == (every is None):
        raise WrongUse("A schedule has one rhythm.", "Say either --cron or --every.")
    cluster = settings(host=host, namespace=namespace, token_file=token_file)
    given = parameters(load_experiment(experiment, changes or ()), cluster, feedback)

    from pipelines.compiled import compiled
    from pipelines.platform import schedules as recurring
    from pipelines.platform.client import Client
    from pipelines.platform.uploads import upload

    trigger = recurring.by_cron(cron) if cron is not None else recurring.by_period(every or "")
    client = Client(cluster)
    kept = recurring.schedule(client, upload(client, compiled()), name, given, trigger, pause)
    state = "goes on" if kept.enabled else "rests"
    sheet([("schedule", kept.name), ("id", kept.id), ("when", kept.when), ("now", state)])


def schedules(host: Host = None, namespace: Namespace = None, token_file: TokenFile = None) -> None:
    """The schedules on a cluster.

    Example: silencio pipeline schedules
    """
    from pipelines.platform import schedules as recurring
    from pipelines.platform.client import Client
    from pipelines.platform.cluster import settings
    from silencio.terminal import table

    client = Client(settings(host=host, namespace=namespace, token_file=token_file))
    rows = [
        [s.name, s.when, "goes on" if s.enabled else "rests", s.version, s.error or ""]
        for s in sorted(recurring.schedules(client), key=lambda s: s.name)
    ]
    table(["schedule", "when", "now", "version", "trouble"], rows)


def unschedule(
    name: Annotated[str, typer.Argument(help="The schedule's name.")] = "silencio",
    host: Host = None,
    namespace: Namespace = None,
    token_file: TokenFile = None,
) -> None:
    """End a schedule. Runs that it began go on.

    Example: silencio pipeline unschedule nightly
    """
    from pipelines.platform import schedules as recurring
    from pipelines.platform.client import Client
    from pipelines.platform.cluster import settings

    client = Client(settings(host=host, namespace=namespace, token_file=token_file))
    gone = recurring.unschedule(client, name)
    print(f"{name} is no longer scheduled: {gone[0].when}.")
