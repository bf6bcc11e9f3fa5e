"""The service as the registry has it: it serves what holds a stage, and the next version once that holds it."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from silencio.evaluation.gates import GateResult
from silencio.experiment import load_experiment
from silencio.registry.runs import Runs
from silencio.registry.stages import Stage
from silencio.release.promote import promote
from silencio.serving.process import free_port, silencio_command, start
from silencio.settings import Site
from silencio.steps.house import House
from silencio.workspace import Workspace
from tests.bundles import tone
from tests.registry.bundles import Shelf

GATES = [GateResult.at_least("map", "all", 0.7, 0.5)]
PATIENCE = 60.0


def put_on_staging(house: House, shelf: Shelf) -> str:
    """The next version's digest."""
    version, bundle = shelf.version()
    promote(
        house.registry, house.record, version, Stage.STAGING, bundle=bundle, gates=GATES, reason="to be seen"
    )
    return bundle.digest


@pytest.mark.slow
def test_it_serves_the_version_of_a_stage_and_follows_it(tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    house = House(load_experiment("tiny"), Site(workspace=str(folder)), Workspace(folder))
    shelf = Shelf(house.registry, house.record, Runs(house.site, house.workspace), tmp_path)
    first = put_on_staging(house, shelf)
    address = f"http://127.0.0.1:{(port := free_port())}"
    what = ["--stage", "staging", "--experiment", "tiny", "--workspace", str(folder)]
    command = silencio_command("serve", *what, "--set", "refresh_seconds=0.2", "--port", str(port))
    process = start(command, tmp_path / "log", f"{address}/readyz")
    try:
        with httpx.Client(base_url=address, trust_env=False, timeout=30) as http:
            assert served(http) == ("1", first)
            second = put_on_staging(house, shelf)
            until = time.monotonic() + PATIENCE
            while served(http)[0] == "1" and time.monotonic() < until:
                http.post("/v1/identify", content=tone("frogli1")).raise_for_status()
            assert served(http) == ("2", second)
    finally:
        process.stop()


def served(http: httpx.Client) -> tuple[str, str]:
    """The version's number, and its bundle's digest."""
    said: dict[str, Any] = http.get("/v1/model").raise_for_status().json()
    return said["version"], said["digest"]
