"""Runs: made once, looked at, stopped."""

import secrets
import time
from collections.abc import Mapping
from typing import Any

from pipelines.platform.answers import Run, Version
from pipelines.platform.client import Client
from pipelines.platform.reading import Absent
from silencio.errors import WrongUse


def start(client: Client, version: Version, title: str, parameters: Mapping[str, Any]) -> Run:
    """One run, whatever happens on the way. `title` begins its name."""
    # Kubeflow lets any number of runs have one name; by a name of its own one is known again that never was answered.
    name = f"{title} {time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())} {secrets.token_hex(4)}"
    body = {
        "display_name": name,
        "experiment_id": client.experiment,
        **content(client, version, parameters),
    }
    asked = 0

    def find() -> list[Run]:
        found = client.named("/runs", "runs", name, experiment_id=client.experiment)
        return sorted((Run.read(answer) for answer in found), key=lambda run: (str(run.began), run.id))

    def create() -> Run:
        nonlocal asked
        asked += 1
        return Run.read(client.wire.post("/runs", body))

    run = client.wire.create_once(create, lambda: next(iter(find()), None))
    if asked == 1:
        return run
    # A request that seemed lost may only have been late: its twin would do the same work a second time.
    first, *twins = find() or [run]
    for twin in twins:
        stop(client, twin.id)
    return first


def look(client: Client, run: str) -> Run:
    """How it is now; `run` is its id."""
    try:
        return Run.read(client.wire.get(f"/runs/{run}"))
    except Absent as absent:
        raise WrongUse(absent.problem, "Kubeflow's page lists the runs; name one by its id.") from absent


def stop(client: Client, run: str) -> None:
    client.wire.post(f"/runs/{run}:terminate", again=True)


def content(client: Client, version: Version, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What a run and a schedule have in common: which version, with what, kept where, as whom."""
    settings = client.settings
    root = {"pipeline_root": settings.pipeline_root} if settings.pipeline_root else {}
    account = {"service_account": settings.service_account} if settings.service_account else {}
    return {
        "pipeline_version_reference": {"pipeline_id": version.pipeline, "pipeline_version_id": version.id},
        "runtime_config": {"parameters": dict(parameters), **root},
        **account,
    }
