"""`silencio pipeline schedule`, `schedules` and `unschedule`."""

from typing import Annotated

import typer

from pipelines.platform.words import Feedback, Host, IfNeeded, Namespace, TokenFile
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
    if_needed: IfNeeded = True,
) -> None:
    """Have a cluster look again and again whether to train, and do it where there is a reason; --always, in any case.

    Asked twice the same, nothing changes; asked otherwise, the schedule is replaced.

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

    from pipelines.compiled import TRAINING, WATCHING, compiled
    from pipelines.platform import schedules as recurring
    from pipelines.platform.client import Client
    from pipelines.platform.uploads import upload

    trigger = recurring.by_cron(cron) if cron is not None else recurring.by_period(every or "")
    client = Client(cluster)
    version = upload(client, compiled(WATCHING if if_needed else TRAINING))
    kept = recurring.schedule(client, version, name, given, trigger, pause)
    state = "goes on" if kept.enabled else "rests"
    trains = "if there is a reason" if if_needed else "always"
    told = {"schedule": kept.name, "id": kept.id, "trains": trains, "when": kept.when, "now": state}
    sheet(list(told.items()))


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
