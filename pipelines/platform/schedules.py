"""Recurring runs: one a name, however often it is asked for."""

import re
from collections.abc import Mapping
from typing import Any

from pipelines.platform.answers import Answer, Schedule, Version, rhythm
from pipelines.platform.client import Client
from pipelines.platform.reading import Absent
from pipelines.platform.running import content
from silencio.errors import WrongUse

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
PERIOD = re.compile(r"(\d+)([smhd])")


def by_cron(cron: str) -> Answer:
    """The five fields that everybody writes, or Kubeflow's six: hers begin with the seconds.

    Given five, Kubeflow takes the first for the seconds and says nothing: "0 3 * * *" would run each hour.
    """
    fields = cron.split()
    if len(fields) == 5:
        fields = ["0", *fields]
    if len(fields) != 6 and not (len(fields) == 1 and cron.startswith("@")):
        raise WrongUse(
            f"--cron {cron!r} has {len(fields)} fields.",
            'Five: minute, hour, day, month, weekday, such as "30 3 * * *"; or six, the seconds before them.',
        )
    return {"cron_schedule": {"cron": " ".join(fields)}}


def by_period(every: str) -> Answer:
    found = PERIOD.fullmatch(every.strip())
    seconds = int(found[1]) * SECONDS[found[2]] if found else 0
    if not seconds:
        raise WrongUse(f"--every {every!r} is no time.", "A number and s, m, h or d, such as 24h.")
    return {"periodic_schedule": {"interval_second": str(seconds)}}


def schedules(client: Client) -> list[Schedule]:
    experiment = client.experiment_if_any()
    if experiment is None:
        return []
    listed = client.all("/recurringruns", "recurringRuns", experiment_id=experiment)
    return [Schedule.read(answer) for answer in listed]


def schedule(
    client: Client,
    version: Version,
    name: str,
    parameters: Mapping[str, Any],
    trigger: Answer,
    paused: bool = False,
) -> Schedule:
    """The one schedule of this name. The API changes none: if it differs, a new one is made, then the old one goes."""
    wanted = content(client, version, parameters)

    def find() -> Schedule | None:
        named = (found for found in schedules(client) if found.name == name)
        return next((found for found in named if _is(found, wanted, trigger)), None)

    def create() -> Schedule:
        body = {
            "display_name": name,
            "experiment_id": client.experiment,
            "trigger": trigger,
            "mode": "DISABLE" if paused else "ENABLE",
            # One training at a time; what was missed while the cluster was away is not made up for.
            "max_concurrency": "1",
            "no_catchup": True,
            **client.within,
            **wanted,
        }
        return Schedule.read(client.wire.post("/recurringruns", body))

    kept = find() or client.wire.create_once(create, find)
    for other in schedules(client):
        if other.name == name and other.id != kept.id:
            remove(client, other)
    client.wire.post(f"/recurringruns/{kept.id}:{'disable' if paused else 'enable'}", again=True)
    return Schedule.read(client.wire.get(f"/recurringruns/{kept.id}"))


def unschedule(client: Client, name: str) -> list[Schedule]:
    """Those that are gone now; runs that they made go on."""
    found = [schedule for schedule in schedules(client) if schedule.name == name]
    if not found:
        raise WrongUse(f"No schedule is called {name}.", "`silencio pipeline schedules` lists them.")
    for schedule in found:
        remove(client, schedule)
    return found


def remove(client: Client, schedule: Schedule) -> None:
    try:
        client.wire.delete(f"/recurringruns/{schedule.id}")
    except Absent:
        return  # the answer to an earlier attempt was lost, or somebody else was faster


def _is(found: Schedule, wanted: Mapping[str, Any], trigger: Answer) -> bool:
    config = wanted["runtime_config"]
    return (
        found.when == rhythm(trigger)
        and found.version == wanted["pipeline_version_reference"]["pipeline_version_id"]
        and found.parameters == config["parameters"]
        # What was not asked for, the server fills in as it likes.
        and found.root == config.get("pipeline_root", found.root)
        and found.account == wanted.get("service_account", found.account)
    )
